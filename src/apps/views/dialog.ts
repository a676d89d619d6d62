/// <reference lib="dom" />
/**
 * Dialogs of the board, and the fields of a record in them.
 *
 * @module
 */
import type { Json } from "./bridge.ts";
import { objects } from "./data.ts";
import { type Child, h } from "./dom.ts";
import { titleOf } from "./format.ts";

/** A dialog; it closes with Escape, and gives back the focus. */
export function dialog(title: string, ...children: readonly Child[]) {
  const body = h("div", { class: "body" }, ...children);
  const foot = h("footer", {});
  const box = h(
    "dialog",
    { "aria-label": title, onclose: () => box.remove() },
    h("h2", {}, title),
    body,
    foot,
  );
  document.body.append(box);
  box.showModal();
  return {
    body,
    foot,
    close: () => box.close(),
    isOpen: () => box.isConnected && box.open,
  };
}

/** The fields of a record for people: names instead of ids. */
export function fieldsOf(record: Json): [string, unknown, string][] {
  const isNamed = (key: string) =>
    Object.hasOwn(record, key.replace(/_ids?$/, "_name"));
  return [
    ...Object.entries(record).filter(([key]) =>
      key !== "additional_fields" && key !== "slug" &&
      !(/_ids?$/.test(key) && isNamed(key))
    ).map(([key, value]): [string, unknown, string] => [
      titleOf(key.replace(/_name$/, "")),
      value,
      key,
    ]),
    ...objects(record.additional_fields).map((
      { label, name, value, value_name: shown },
    ): [string, unknown, string] => [
      String(label ?? name),
      shown ?? value,
      String(name),
    ]),
  ];
}
