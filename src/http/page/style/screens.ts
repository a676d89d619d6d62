/**
 * The part of the style sheet for the foot of the page, and for what differs
 * on phones, wide screens and with forced colours.
 *
 * @module
 */

/** Rules of the style sheet, after all others. */
export const SCREENS: string = `footer {
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
