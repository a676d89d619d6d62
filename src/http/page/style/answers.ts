/**
 * The part of the style sheet for what folds, questions and the tables of
 * answers.
 *
 * @module
 */

/** Rules of the style sheet. */
export const ANSWERS: string = `details {
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
`;
