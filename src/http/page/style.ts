/**
 * How the page looks: for light and dark, phones and desktops. Every pair of
 * colours has a contrast of at least 4.5 : 1.
 *
 * @module
 */

/** The style sheet. */
export const STYLE: string = `:root {
  color-scheme: light dark;
  --page: #fff;
  --panel: #f3f6f5;
  --line: #cfd8d6;
  --edge: #7b8886;
  --text: #17211f;
  --quiet: #52605d;
  --accent: #0f6b63;
  --on-accent: #fff;
  --good: #0d6b3f;
  --write: #8a4b00;
  --bad: #b3261e;
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #101615;
    --panel: #1a2321;
    --line: #34413e;
    --edge: #7d8d89;
    --text: #e6edeb;
    --quiet: #a3b1ae;
    --accent: #5fd3c5;
    --on-accent: #06231f;
    --good: #6fd89c;
    --write: #f0b46a;
    --bad: #ff9a90;
  }
}
* {
  box-sizing: border-box;
}
html {
  scroll-padding-top: 1rem;
  text-size-adjust: 100%;
  -webkit-text-size-adjust: 100%;
}
body {
  max-width: 56rem;
  margin: 0 auto;
  padding: 1.5rem 1rem 4rem;
  background: var(--page);
  color: var(--text);
  font: 1rem/1.55 system-ui, sans-serif;
  overflow-wrap: anywhere;
}
html:not(.js) .live,
.js .plain,
[hidden] {
  display: none !important;
}
h1,
h2,
h3,
p {
  margin: 0;
}
h1 {
  font-size: 1.75rem;
  line-height: 1.2;
}
h2 {
  margin: 2.5rem 0 0.75rem;
  font-size: 1.3rem;
}
h3 {
  margin: 1.5rem 0 0.5rem;
  font-size: 1rem;
}
p + p {
  margin-top: 0.5rem;
}
a {
  color: var(--accent);
  text-underline-offset: 0.2em;
}
code,
pre {
  font: 0.875rem/1.5 ui-monospace, SFMono-Regular, Menlo, Consolas, monospace;
}
:focus-visible {
  outline: 3px solid var(--accent);
  outline-offset: 2px;
}
.quiet,
footer,
summary code,
i {
  color: var(--quiet);
}
header {
  display: flex;
  flex-wrap: wrap;
  gap: 0.75rem 2rem;
  align-items: start;
}
header div {
  flex: 1 1 18rem;
}
header nav:last-child {
  flex-basis: 100%;
}
nav ul {
  display: flex;
  flex-wrap: wrap;
  gap: 0 1rem;
  margin: 0;
  padding: 0;
  list-style: none;
}
nav a {
  display: inline-block;
  padding: 0.25rem 0;
}
[aria-current] {
  color: var(--text);
  font-weight: 600;
  text-decoration: none;
}
.health {
  margin-top: 0.75rem;
}
[data-state="good"] {
  color: var(--good);
}
[data-state="good"]::before {
  content: "✓ ";
}
[data-state="bad"] {
  color: var(--bad);
}
[data-state="bad"]::before {
  content: "✗ ";
}
details {
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  margin-top: 0.5rem;
  padding: 0 0.875rem;
}
details[open] {
  padding-bottom: 0.875rem;
}
summary {
  margin: 0 -0.875rem;
  padding: 0.625rem 0.875rem 0.625rem 2rem;
  /* Where a line is too long, the next one begins below its first word. */
  text-indent: -1.125rem;
  border-radius: 0.5rem;
  cursor: pointer;
}
summary:hover {
  background: var(--panel);
}
details[open] > summary {
  margin-bottom: 0.25rem;
}
.read,
.write,
.delete {
  display: inline-block;
  margin-right: 0.25rem;
  padding: 0 0.5rem;
  text-indent: 0;
  border: 1px solid;
  border-radius: 1rem;
  font-size: 0.8125rem;
  line-height: 1.4;
}
.read {
  color: var(--good);
}
.write {
  color: var(--write);
}
.delete {
  color: var(--bad);
}
details ul {
  margin: 0.5rem 0 0;
  padding-left: 1.25rem;
}
i {
  font-size: 0.875rem;
  font-style: normal;
}
em {
  color: var(--write);
  font-size: 0.875rem;
  font-style: normal;
}
pre {
  margin: 0;
  padding: 0.75rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  background: var(--panel);
  overflow: auto;
}
.snippet {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  align-items: start;
  margin-top: 0.75rem;
}
.snippet pre {
  flex: 1 1 16rem;
  min-width: 0;
  min-height: 2.5rem;
  padding: 0.5rem 0.75rem;
}
.snippet + details {
  margin-top: 1rem;
}
.panel {
  padding: 0.875rem;
  border-radius: 0.5rem;
  background: var(--panel);
}
label {
  display: block;
}
.panel label {
  margin-top: 0.75rem;
  font-weight: 600;
}
button,
input,
select,
textarea {
  min-height: 2.5rem;
  padding: 0.375rem 0.75rem;
  border: 1px solid var(--edge);
  border-radius: 0.375rem;
  background: var(--page);
  color: inherit;
  font: inherit;
}
input,
select,
textarea {
  width: 100%;
}
::placeholder {
  color: var(--quiet);
  opacity: 1;
}
button {
  border-color: var(--accent);
  color: var(--accent);
  font-weight: 600;
  cursor: pointer;
}
form button {
  background: var(--accent);
  color: var(--on-accent);
}
/* A finger leaves no hovering behind. */
@media (hover: hover) {
  button:hover {
    background: var(--accent);
    color: var(--on-accent);
  }
}
[aria-disabled] {
  opacity: 0.6;
  cursor: wait;
}
form ul {
  padding: 0;
  list-style: none;
}
form li {
  display: grid;
  gap: 0.125rem 1rem;
  margin-top: 0.5rem;
}
form button {
  margin-top: 0.875rem;
}
.outcome {
  min-height: 1.55em;
  margin: 0.5rem 0;
}
.answer {
  max-height: 30rem;
  white-space: pre-wrap;
}
footer {
  margin-top: 3rem;
}
#toast {
  position: fixed;
  inset: auto 1rem 1rem;
  max-width: 30rem;
  margin: auto;
  padding: 0.625rem 1rem;
  border-radius: 0.5rem;
  background: var(--text);
  color: var(--page);
}
#toast:empty {
  visibility: hidden;
}
@media (min-width: 40rem) {
  form li {
    grid-template-columns: 1fr 1fr;
    align-items: center;
  }
}
@media (forced-colors: active) {
  button {
    border-color: ButtonBorder;
  }
}
`;
