/**
 * Completes the product lines of deals: what a line does not say comes from its
 * product, and its total from price and quantity. Qontak does neither.
 *
 * @module
 */
import { QontakError } from "../errors.ts";
import { encodeNumber } from "../fields/encode.ts";
import { resources } from "../qontak/resources.ts";
import {
  type Decimal,
  multiply,
  toDecimal,
  toJson,
} from "../values/decimal.ts";
import { isEmpty, type JsonObject, show, toId } from "../values/json.ts";
import type { Write } from "./check_write.ts";
import type { ChangeContext } from "./context.ts";
import { readRecord } from "./report_write.ts";

/** The keys that a new line takes from its product. */
const FROM_PRODUCT = ["name", "price", "currency"] as const;

/**
 * Completes a write of a product line. Other writes stay as they are.
 *
 * @param context The company's CRM.
 * @param write The write.
 * @param before The line before an update.
 */
export async function withProduct(
  context: ChangeContext,
  write: Write,
  before: JsonObject | undefined,
): Promise<Write> {
  if (write.resource !== resources.productsAssociation) return write;
  // What a record holds is not for callers that may only write.
  if (!context.mayRead) return write;
  const found = write.id === undefined
    ? await takenFromProduct(context, write.values)
    : { values: write.values, notes: [], problems: [] };
  const total = totalOf(found.values, before);
  return {
    ...write,
    values: { ...found.values, ...total.values },
    notes: [...write.notes ?? [], ...found.notes, ...total.notes],
    problems: [...write.problems ?? [], ...found.problems],
  };
}

/** What a completion adds. */
interface Added {
  readonly values: JsonObject;
  readonly notes: readonly string[];
  readonly problems: readonly string[];
}

/** The values, and those of the product that are missing among them. */
async function takenFromProduct(
  context: ChangeContext,
  values: JsonObject,
): Promise<Added> {
  const id = toId(values.crm_product_id);
  const missing = FROM_PRODUCT.filter((key) => isEmpty(values[key]));
  if (id === null || missing.length === 0) {
    return { values, notes: [], problems: [] };
  }
  let product: JsonObject;
  try {
    product = await readRecord(context, resources.product, id);
  } catch (error) {
    if (!(error instanceof QontakError) || error.status !== 404) throw error;
    return {
      values,
      notes: [],
      problems: [`crm_product_id: there is no product ${id}`],
    };
  }
  const taken = missing.filter((key) => !isEmpty(product[key]));
  return {
    values: {
      ...values,
      ...Object.fromEntries(taken.map((key) => [key, product[key]])),
    },
    notes: taken.length === 0 ? [] : [
      `From product ${id}: ${
        taken.map((key) => `${key} ${show(product[key])}`).join(", ")
      }`,
    ],
    problems: [],
  };
}

/**
 * The total of a line whose price or quantity is written, unless the caller
 * gave it. How a discount counts is not documented, so such a total is left to
 * the caller.
 */
function totalOf(
  values: JsonObject,
  before: JsonObject = {},
): Omit<Added, "problems"> {
  const isWritten = !isEmpty(values.price) || !isEmpty(values.quantity);
  if (!isWritten || values.total_price !== undefined) {
    return { values: {}, notes: [] };
  }
  const [price, quantity, discount] = ["price", "quantity", "discount"]
    .map((key) =>
      numberOf(values[key] === undefined ? before[key] : values[key])
    );
  if (!price || !quantity || (discount && discount.units !== 0n)) {
    return { values: {}, notes: [] };
  }
  const total_price = toJson(multiply(price, quantity));
  return {
    values: { total_price },
    notes: [
      `total_price ${total_price} is price ${toJson(price)} × quantity ${
        toJson(quantity)
      }`,
    ],
  };
}

/** Reads a number in any supported form; undefined for anything else. */
function numberOf(value: unknown): Decimal | undefined {
  if (isEmpty(value)) return undefined;
  const encoded = encodeNumber(value);
  return encoded.problem === undefined ? toDecimal(encoded.wire) : undefined;
}
