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
  --panel: #f2f6f5;
  --hero: #e8f3f1;
  --line: #d3dddb;
  --edge: #7b8886;
  --text: #14201e;
  --quiet: #4f5d5a;
  --accent: #0f6b63;
  --on-accent: #fff;
  --good: #0d6b3f;
  --write: #8a4b00;
  --bad: #b3261e;
  --note: #fdf0d9;
  --note-text: #6b3a00;
  --shadow: 0 1px 2px rgb(16 40 36 / 8%), 0 4px 14px rgb(16 40 36 / 6%);
}
@media (prefers-color-scheme: dark) {
  :root {
    --page: #0f1514;
    --panel: #182120;
    --hero: #14211f;
    --line: #31403d;
    --edge: #7d8d89;
    --text: #e6edeb;
    --quiet: #a6b4b1;
    --accent: #5fd3c5;
    --on-accent: #06231f;
    --good: #6fd89c;
    --write: #f0b46a;
    --bad: #ff9a90;
    --note: #33260f;
    --note-text: #f7cf94;
    --shadow: none;
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
  max-width: 66rem;
  margin: 0 auto;
  padding: 1rem 1.25rem 4rem;
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
p,
dl,
dd {
  margin: 0;
}
h1 {
  font-size: 1.125rem;
  line-height: 1.3;
}
h2 {
  margin: 2.5rem 0 0.5rem;
  font-size: 1.5rem;
  line-height: 1.25;
  letter-spacing: -0.01em;
}
h3 {
  margin: 1.25rem 0 0.5rem;
  font-size: 1rem;
}
p + p {
  margin-top: 0.5rem;
}
section > p {
  max-width: 50rem;
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
i,
dt,
.by {
  color: var(--quiet);
}
header {
  display: flex;
  flex-wrap: wrap;
  gap: 0.25rem 1.75rem;
  align-items: center;
}
header div {
  flex: 1 1 17rem;
  padding-left: 3.25rem;
  position: relative;
}
header div::before {
  content: "Q";
  position: absolute;
  inset: 0.125rem auto auto 0;
  width: 2.5rem;
  border-radius: 0.75rem;
  background: var(--accent);
  color: var(--on-accent);
  font: 800 1.375rem/2.5rem system-ui, sans-serif;
  text-align: center;
}
header p {
  font-size: 0.875rem;
}
nav ul {
  display: flex;
  flex-wrap: wrap;
  gap: 0 1.25rem;
  margin: 0;
  padding: 0;
  list-style: none;
}
nav a {
  display: inline-block;
  padding: 0.375rem 0;
  font-size: 0.9375rem;
  text-decoration: none;
}
nav a:hover {
  text-decoration: underline;
}
[aria-current] {
  color: var(--text);
  font-weight: 600;
}
.hero {
  margin-top: 1rem;
  padding: clamp(1.25rem, 3vw, 2rem);
  border-radius: 1.25rem;
  background: var(--hero);
}
.hero h2 {
  margin: 0 0 0.75rem;
  font-size: clamp(1.75rem, 5vw, 2.5rem);
  line-height: 1.12;
  letter-spacing: -0.02em;
}
.invented {
  width: fit-content;
  margin: 0 0 1.25rem;
  padding: 0.5rem 0.875rem;
  border-radius: 0.625rem;
  background: var(--note);
  color: var(--note-text);
  font-size: 0.9375rem;
}
dl {
  display: grid;
  grid-template-columns: repeat(auto-fit, minmax(min(13rem, 100%), 1fr));
  gap: 0.75rem;
  margin-top: 1.5rem;
}
dl div {
  padding: 0.75rem 1rem;
  border-radius: 0.75rem;
  background: var(--page);
}
dt {
  font-size: 0.8125rem;
}
dd {
  font-weight: 600;
  font-size: 0.9375rem;
}
dd span {
  display: block;
}
#parts {
  font-size: 0.8125rem;
  font-weight: 400;
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
  border-radius: 0.75rem;
  margin-top: 0.625rem;
  padding: 0 1rem;
  background: var(--page);
}
details[open] {
  padding-bottom: 1rem;
}
summary {
  margin: 0 -1rem;
  padding: 0.75rem 2.5rem 0.75rem 1rem;
  border-radius: 0.75rem;
  cursor: pointer;
  list-style: none;
  position: relative;
}
summary::-webkit-details-marker {
  display: none;
}
summary::after {
  content: "";
  position: absolute;
  top: 1.25rem;
  right: 1.125rem;
  width: 0.5rem;
  height: 0.5rem;
  border: solid var(--quiet);
  border-width: 0 2px 2px 0;
  rotate: 45deg;
}
details[open] > summary::after {
  rotate: 225deg;
  top: 1.5rem;
}
summary:hover {
  background: var(--panel);
}
.cards {
  display: grid;
  grid-template-columns: repeat(auto-fill, minmax(min(22rem, 100%), 1fr));
  gap: 0.75rem;
  margin-top: 1rem;
}
.cards details {
  margin: 0;
  box-shadow: var(--shadow);
}
.cards details[open] {
  grid-column: 1 / -1;
}
.question summary b {
  display: block;
  font-size: 1.0625rem;
  line-height: 1.4;
}
.job {
  color: var(--accent);
  font-size: 0.8125rem;
  font-weight: 600;
}
.reply {
  margin: 0 0 0.75rem;
  padding: 0.75rem 1rem;
  max-width: 46rem;
  border-radius: 0.25rem 1rem 1rem;
  background: var(--panel);
}
.by {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 1rem;
  align-items: center;
  justify-content: space-between;
  margin-top: 0.75rem;
  font-size: 0.875rem;
}
.scroll {
  overflow: auto;
  max-height: 32rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
  /* A shadow on each side to which the table can be scrolled. */
  background:
    linear-gradient(90deg, var(--page) 40%, transparent) 0 / 3rem 100% local,
    linear-gradient(270deg, var(--page) 40%, transparent) 100% / 3rem 100%
    local,
    linear-gradient(90deg, var(--edge), transparent) 0 / 1rem 100%,
    linear-gradient(270deg, var(--edge), transparent) 100% / 1rem 100%;
  background-repeat: no-repeat;
}
table {
  width: 100%;
  border-collapse: collapse;
  font-size: 0.9375rem;
  overflow-wrap: normal;
}
th,
td {
  padding: 0.4375rem 0.75rem;
  text-align: left;
  vertical-align: top;
}
th {
  background: var(--panel);
  color: var(--quiet);
  font-size: 0.8125rem;
  white-space: nowrap;
}
tr + tr > *,
tbody tr:first-child > * {
  border-top: 1px solid var(--line);
}
td {
  min-width: 6rem;
}
.n {
  font-variant-numeric: tabular-nums;
  white-space: nowrap;
}
meter {
  display: block;
  width: 100%;
  min-width: 5rem;
  height: 0.5rem;
  margin: 0.25rem 0;
  border: 0;
  border-radius: 0.25rem;
  background: var(--panel);
  appearance: none;
}
meter::-webkit-meter-inner-element,
meter::-webkit-meter-bar {
  display: block;
  height: 0.5rem;
  border: 0;
  border-radius: 0.25rem;
  background: var(--panel);
}
meter::-webkit-meter-optimum-value {
  border-radius: 0.25rem;
  background: var(--accent);
}
meter::-moz-meter-bar {
  border-radius: 0.25rem;
  background: var(--accent);
}
.group > summary h3 {
  display: inline;
  margin: 0;
}
.group[open] > summary {
  margin-bottom: 0.25rem;
}
.read,
.write,
.delete {
  display: inline-block;
  margin-right: 0.25rem;
  padding: 0 0.5rem;
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
.install {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem 0.75rem;
  align-items: center;
  margin-top: 1rem;
}
.install p {
  flex: 1 1 18rem;
  font-size: 0.875rem;
}
.panel {
  margin-top: 1rem;
  padding: 1rem;
  border-radius: 0.75rem;
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
.button,
input,
select,
textarea {
  min-height: 2.5rem;
  padding: 0.375rem 0.875rem;
  border: 1px solid var(--edge);
  border-radius: 0.5rem;
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
button,
.button {
  border-color: var(--accent);
  color: var(--accent);
  font-weight: 600;
  text-decoration: none;
  cursor: pointer;
}
form > button,
.button,
[aria-pressed="true"] {
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
form > button {
  margin-top: 0.875rem;
}
.outcome {
  min-height: 1.55em;
  margin: 0.5rem 0;
}
.forms {
  display: flex;
  flex-wrap: wrap;
  gap: 0.5rem;
  margin-bottom: 0.5rem;
}
.forms button {
  overflow-wrap: normal;
  min-height: 2rem;
  padding: 0.125rem 0.75rem;
  font-size: 0.875rem;
}
.board {
  display: flex;
  gap: 0.5rem;
  padding: 0.5rem;
}
.board section {
  flex: 1 0 12rem;
}
.board p {
  margin: 0.5rem 0;
  padding: 0.5rem;
  border: 1px solid var(--line);
  border-radius: 0.5rem;
}
.board p * {
  display: block;
}
.answer {
  max-height: 32rem;
  white-space: pre-wrap;
}
footer {
  margin-top: 3rem;
  padding-top: 1rem;
  border-top: 1px solid var(--line);
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
/*
 * On phones, a row of three cells or more has them in two columns, as its head
 * does; an amount may break after its currency. So no digits are cut off.
 */
@media (max-width: 32rem) {
  th,
  td {
    min-width: 0;
    padding: 0.4375rem;
  }
  th,
  .n {
    white-space: normal;
  }
  .question tr:has(:nth-child(3)) {
    display: grid;
    grid-template-columns: 1fr 1fr;
  }
  .question tr > :nth-child(n + 3) {
    border: 0;
    padding-top: 0;
  }
  .question :nth-child(3):last-child {
    grid-column: 1 / -1;
  }
}
@media (min-width: 40rem) {
  form li {
    grid-template-columns: 1fr 1fr;
    align-items: center;
  }
}
@media (forced-colors: active) {
  button,
  .button {
    border-color: ButtonBorder;
  }
}
`;
