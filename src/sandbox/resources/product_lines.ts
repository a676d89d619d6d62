/**
 * The parts that products and product lines of deals share.
 *
 * @module
 */

import { ORGANIZATION_ID, TEAM_ID } from "../data/tenant.ts";
import { type Key, named, number, reader, text } from "../keys.ts";
import type { Stored, World } from "../records.ts";
import type { Descriptor } from "../template.ts";
import { toIso } from "../time.ts";

/** Any integers; the tags themselves have no endpoint. */
function tags(): Key {
  const name = "crm_tag_ids";
  return {
    name,
    read: reader(
      name,
      "an array of ids",
      (value) =>
        Array.isArray(value) && value.every(Number.isInteger)
          ? value
          : undefined,
    ),
    show: (value) => ({ [name]: value ?? [] }),
  };
}

/**
 * From the currency to the image, in the order of Qontak's collection. Sums are
 * kept as sent: nothing is computed (assumed). A numeric text is accepted, as
 * the collection sends it for lines, and a number comes back.
 */
export const PRODUCT_KEYS: readonly Key[] = [
  named("currency"),
  number("price"),
  number("quantity"),
  number("discount"),
  number("total_price"),
  tags(),
  text("description"),
  text("product_image"),
];

/**
 * A record as the collection has it: `additional_fields` of products and lines
 * have no `value_name`.
 */
export function withoutLabels(
  shown: Record<string, unknown>,
): Record<string, unknown> {
  const fields = shown.additional_fields as Record<string, unknown>[];
  return {
    ...shown,
    additional_fields: fields.map(({ value_name: _, ...field }) => field),
  };
}

/**
 * The row of the database, with which creating answers in the samples of
 * Qontak's OpenAPI: `unit_price` for the price, custom fields as columns. In
 * its only product sample `unit_price` was null although a price was sent; here
 * it has the price (assumed to be that sample's fault).
 */
export function rawRow(
  { id, slug, createdAt, updatedAt, values, custom }: Stored,
  template: readonly Descriptor[],
  creatorId: number,
): Record<string, unknown> {
  const column = (name: string): unknown => {
    const field = template.find((one) => one.name === name);
    return values[name] ?? custom.get(field?.id ?? 0) ?? null;
  };
  return {
    id,
    name: values.name,
    description: values.description ?? null,
    team_id: TEAM_ID,
    organization_id: ORGANIZATION_ID,
    creator_id: creatorId,
    last_modifier_by_id: null,
    created_at: toIso(createdAt),
    updated_at: toIso(updatedAt),
    unit_price: values.price ?? null,
    currency: values.currency ?? null,
    slug,
    crm_product_image_id: null,
    quantity: values.quantity ?? null,
    discount: values.discount ?? null,
    total_price: values.total_price ?? null,
    product_code: column("product_code"),
    unit_quantity: column("unit_quantity"),
    manufacturer: column("manufacturer"),
    nominal_discount: null,
  };
}

/** Lists a line only in its deal; a deleted line in no deal. */
export function relist({ id, values }: Stored, world: World): void {
  for (const deal of world.deals.values()) {
    const ids = deal.values.product_association_ids as number[] ?? [];
    const wanted = values.crm_deal_id === deal.id && world.associations.has(id);
    if (ids.includes(id) === wanted) continue;
    const product_association_ids = wanted
      ? [...ids, id]
      : ids.filter((one) => one !== id);
    deal.values = { ...deal.values, product_association_ids };
  }
}

/** Removes the lines of a deal or of a product that was deleted (assumed). */
export function removeLines(
  key: "crm_deal_id" | "crm_product_id",
  id: number,
  world: World,
): void {
  for (const line of [...world.associations.values()]) {
    if (line.values[key] !== id) continue;
    world.associations.delete(line.id);
    relist(line, world);
  }
}
