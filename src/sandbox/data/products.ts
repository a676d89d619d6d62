/**
 * The rest of the catalogue, and product lines for more deals.
 *
 * @module
 */

import type { Random } from "../random.ts";
import {
  type Deal,
  recordName,
  type Records,
  type Stored,
} from "../records.ts";
import { DAY } from "../time.ts";
import type { Surroundings } from "./deals.ts";
import { EPOCH, record } from "./people.ts";
import { PRODUCT_FIELD_IDS } from "./product_template.ts";

/** Name, price, unit, manufacturer. */
type Row = readonly [
  name: string,
  price: number,
  unit: string,
  manufacturer: string,
];

/** In rupiah, unless {@linkcode IMPORTED}. */
const MORE: readonly Row[] = [
  ["Pulpen Gel Hitam (lusin)", 48_000, "lusin", "Tulisan Jaya"],
  ["Map Arsip Lever", 27_500, "pcs", "Arsipindo"],
  ["Papan Tulis Kaca 120 x 90", 1_325_000, "unit", "Bening Karya"],
  ["Lemari Arsip 4 Laci", 2_680_000, "unit", "Baja Rapi"],
  ["Partisi Kantor 2 Orang", 4_150_000, "set", "Ruang Kerja Prima"],
  ["Proyektor 4000 Lumen", 9_450_000, "unit", "Lumira"],
  ["Pemindai Dokumen A4", 5_875_000, "unit", "Lumira"],
  ["UPS 1200 VA", 1_540_000, "unit", "Daya Andal"],
  ["Masker N95 (kotak)", 215_000, "kotak", "Nafas Aman"],
  ["Rompi Keselamatan", 62_000, "pcs", "Proyekta"],
  ["Kacamata Safety", 54_000, "pcs", "Proyekta"],
  ["APAR Serbuk 6 Kg", 485_000, "unit", "Padam Cepat"],
  ["Bor Listrik 13 mm", 1_175_000, "unit", "Perkakas Nusantara"],
  ["Kunci Momen 1/2 inci", 890_000, "unit", "Perkakas Nusantara"],
  ["Troli Barang 300 Kg", 1_260_000, "unit", "Baja Rapi"],
  ["Mesin Las Inverter 200 A", 312.5, "unit", "Voltara"],
  ["Timbangan Lantai 1 Ton", 685, "unit", "Voltara"],
  ["Dispenser Sabun Otomatis", 395_000, "unit", "Bersih Selalu"],
];

/** Sold in dollars. */
const IMPORTED: readonly string[] = [
  "Mesin Las Inverter 200 A",
  "Timbangan Lantai 1 Ton",
];

function setCustom(product: Stored, values: Record<string, string>): void {
  product.custom = new Map(
    Object.entries(values).flatMap(([name, text]) => {
      const id = PRODUCT_FIELD_IDS.get(name);
      return id === undefined ? [] : [[id, text]];
    }),
  );
}

/**
 * Adds eighteen products to those that deals were made of, and gives all thirty
 * what a catalogue has.
 */
export function completeProducts(random: Random, products: Records): void {
  let id = Math.max(...products.keys());
  for (const [name, price] of MORE) {
    id += random.int(1, 9);
    const product = record(id, name, EPOCH - random.int(10, 90) * DAY, {
      name,
      currency: IMPORTED.includes(name) ? "USD" : "IDR",
      price,
      quantity: random.int(5, 300),
      description: random.chance(0.4) ? "Barang baru, garansi resmi." : "",
    });
    products.set(id, product);
  }
  for (const [index, product] of [...products.values()].entries()) {
    const { price, quantity } = product.values;
    product.values = {
      ...product.values,
      discount: random.chance(0.15) ? 5 : null,
      total_price: Number(price) * Number(quantity),
      crm_tag_ids: [],
      product_image: random.chance(0.3)
        ? `https://files.example.co.id/produk-${product.id}.jpg`
        : null,
    };
    const [, , unit_quantity = "unit", manufacturer = "Cakrawala"] =
      MORE.find(([name]) => name === product.values.name) ?? [];
    setCustom(product, {
      product_code: `CSN-${String(index + 1).padStart(4, "0")}`,
      unit_quantity,
      manufacturer,
      ...(random.chance(0.5) ? { warranty_months: "12" } : {}),
    });
  }
}

/** How many product lines the tenant has. */
const LINES = 50;

/** The product that a seeded deal is named after. */
function productOf(deal: Deal, products: readonly Stored[]): Stored {
  const [short] = recordName(deal).split(" - ");
  return products.find((one) => recordName(one).split(" (")[0] === short) ??
    products[0]!;
}

/**
 * Gives product lines to more deals, until there are fifty: first to deals
 * without one the product they are about, in the quantity that explains their
 * size, then an extra product to deals whose size is not known.
 */
export function completeLines(
  random: Random,
  deals: Records<Deal>,
  { products, associations, nextId }: Surroundings,
): void {
  const catalogue = [...products.values()];
  const add = (deal: Deal, product: Stored, quantity: number): void => {
    if (associations.size >= LINES) return;
    const { currency, price } = product.values;
    const line = record(nextId(), recordName(product), deal.updatedAt, {
      name: recordName(product),
      crm_product_id: product.id,
      crm_deal_id: deal.id,
      currency,
      price,
      quantity,
      total_price: Number(price) * quantity,
    });
    line.custom = product.custom;
    associations.set(line.id, line);
    const { product_association_ids: ids } = deal.values;
    deal.values = {
      ...deal.values,
      product_association_ids: [...ids as number[], line.id],
    };
  };
  const all = [...deals.values()];
  const without = all.filter(({ values }) =>
    (values.product_association_ids as number[]).length === 0
  );
  for (const deal of random.sample(without, 20)) {
    const product = productOf(deal, catalogue);
    const { size } = deal.values;
    add(
      deal,
      product,
      size === null
        ? random.int(2, 60)
        : Number(size) / Number(product.values.price),
    );
  }
  const open = all.filter(({ values }) => values.size === null);
  while (associations.size < LINES) {
    add(random.pick(open), random.pick(catalogue), random.int(1, 24));
  }
}
