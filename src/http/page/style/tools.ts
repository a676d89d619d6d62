/**
 * The part of the style sheet for tools, what people paste, and forms.
 *
 * @module
 */

/** Rules of the style sheet. */
export const TOOLS: string = `.group > summary h3 {
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
`;
