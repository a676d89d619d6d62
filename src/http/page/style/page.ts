/**
 * The part of the style sheet for colours, text, the head of the page and the
 * state of the server.
 *
 * @module
 */

/** Rules of the style sheet. */
export const PAGE: string = `:root {
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
`;
