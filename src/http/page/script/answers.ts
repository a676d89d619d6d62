/**
 * The part of the page's script that shows an answer as text or as a table.
 *
 * @module
 */

/** Functions within the page's script. */
export const ANSWERS: string = String.raw`
  // The lines around text that people wrote: they are there for a model.
  const fence = /^<(qontak-data [0-9]+)>\n([^]*)\n<\/\1>$/;

  /** @type {(text: string) => string} */
  const pretty = (text) => {
    try {
      return JSON.stringify(JSON.parse(text.replace(fence, "$2")), null, 2);
    } catch {
      return text;
    }
  };

  /** @type {(value: unknown) => value is Record<string, unknown>} */
  const isRecord = (value) =>
    typeof value === "object" && value !== null && !Array.isArray(value);

  /**
   * The rows of an answer: its records, or else the values of the one record.
   * @type {(content: Record<string, unknown>) => Record<string, unknown>[]}
   */
  const rowsOf = ({ untrusted: _, ...content }) => {
    for (const key of ["records", "results", "required"]) {
      const list = content[key];
      if (Array.isArray(list)) return list.filter(isRecord);
    }
    return Object.entries(content).map(([key, value]) => ({
      [words.field]: key,
      [words.value]: typeof value === "number" ? cellText(value, key) : value,
    }));
  };

  /** @type {(value: unknown, key: string) => string} */
  const cellText = (value, key) => {
    if (value === null || value === undefined) return "";
    if (typeof value === "number" && !/(^|_)id$/.test(key)) {
      return value.toLocaleString(document.documentElement.lang);
    }
    if (typeof value === "string") {
      return value.replace(/^(\d{4}-\d\d-\d\d)T(\d\d:\d\d):.*$/, "$1 $2");
    }
    if (!isRecord(value)) {
      return Array.isArray(value)
        ? value.map((one) => cellText(one, key)).join(", ")
        : String(value);
    }
    return Object.entries(value)
      .map(([inner, one]) => inner + " " + cellText(one, inner)).join(", ");
  };

  /**
   * Records as a table, with a column for each key that one of them has.
   * @type {(records: Record<string, unknown>[]) => HTMLTableElement}
   */
  const tableOf = (records) => {
    const every = new Set(records.flatMap((one) => Object.keys(one)));
    // The name says more than the id beside it.
    const keys = [...every].filter((key) =>
      !/._id$/.test(key) || !every.has(key.replace(/_id$/, "_name"))
    );
    const table = make("table");
    const head = table.createTHead().insertRow();
    for (const key of keys) {
      head.append(make("th", { scope: "col", textContent: key }));
    }
    const body = table.createTBody();
    for (const record of records) {
      const row = body.insertRow();
      for (const key of keys) {
        const cell = row.insertCell();
        const value = record[key];
        cell.textContent = cellText(value, key);
        if (typeof value === "number") cell.className = "n";
      }
    }
    return table;
  };
`;
