/**
 * Tracks which of our records exist. It reads the exchanges with Qontak, so it
 * knows a record even if the step that created it failed afterwards.
 *
 * @module
 */
import { nameOf } from "../../src/qontak/endpoints.ts";
import { idIn, metaStatusOf } from "./answers.ts";
import { allKinds, type Kind } from "./kinds.ts";
import type { Exchange } from "./wire.ts";

/** One of our records. */
export interface Entry {
  readonly kind: Kind;
  readonly id: number;
}

/** Creates an empty ledger. */
export function createLedger() {
  /** The records that exist, in the order of their creation. */
  const entries: Entry[] = [];
  /** Kinds of which a record with an unknown id may exist. */
  const unknown = new Set<Kind>();
  const indexOf = (kind: Kind, id: number | undefined) =>
    entries.findIndex((entry) => entry.kind === kind && entry.id === id);

  /** Adds a record that was found. */
  function add(kind: Kind, id: number): void {
    if (indexOf(kind, id) < 0) entries.push({ kind, id });
  }

  /** Reads an exchange with Qontak. */
  function observe({ endpoint, status, body, id }: Exchange): void {
    for (const kind of allKinds) {
      const { create, delete: remove } = kind.endpoints;
      if (endpoint === nameOf(create)) {
        const outcome = metaStatusOf(body) ?? status;
        const isRefused = status > 0 && outcome >= 400 && outcome < 500;
        const made = idIn(body?.response);
        if (made !== undefined) add(kind, made);
        else if (!isRefused) unknown.add(kind);
      }
      const isGone = remove && endpoint === nameOf(remove) &&
        (status === 404 || status >= 200 && status < 300);
      const at = indexOf(kind, id);
      if (isGone && at >= 0) entries.splice(at, 1);
    }
  }

  return { entries, unknown, add, observe };
}
