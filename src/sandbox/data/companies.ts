/**
 * The rest of the companies, and what a full record of one has.
 *
 * @module
 */

import type { Random } from "../random.ts";
import { type Happening, recordName, type Records } from "../records.ts";
import { DAY } from "../time.ts";
import { CITIES } from "./cities.ts";
import { COMPANY_FIELDS, COMPANY_TEMPLATE } from "./company_template.ts";
import { customOf } from "./deals.ts";
import { EPOCH, record, slugOf } from "./people.ts";
import { USERS } from "./tenant.ts";

/** Prospects: no deal refers to them. */
const MORE = [
  "PT Cahaya Mineral Utama",
  "CV Anugrah Percetakan",
  "PT Pelita Konstruksi Raya",
  "Klinik Bunda Asih",
  "PT Rimba Kertas Lestari",
  "Universitas Cendekia Bangsa",
  "PT Selaras Ritel Indonesia",
  "UD Karya Tani Makmur",
  "PT Bahari Pelayaran Nusantara",
];

const PROVINCES = [
  "Jawa Barat",
  "Jawa Timur",
  "Banten",
  "DKI Jakarta",
  "Sumatera Utara",
];

// A dropdown without options cannot be filled.
const FILLABLE = COMPANY_FIELDS.filter(({ descriptor }) =>
  descriptor.dropdown?.length !== 0
);

/** The id of one option of a standard field. */
export function optionOf(
  template: typeof COMPANY_TEMPLATE,
  name: string,
  random: Random,
): number | null {
  return random.pick(
    template.find((field) => field.name === name)?.dropdown ?? [],
  ).id;
}

/** How a contact or a company came to be: it was added, and perhaps changed. */
export function beginnings(
  name: string,
  creatorId: number,
  createdAt: number,
  updatedAt: number,
  nextId: () => number,
): Happening[] {
  const happening = (how: string, at: number): Happening => ({
    id: nextId(),
    userId: creatorId,
    how,
    content: `'${name}'.`,
    at,
  });
  return [
    happening("added", createdAt),
    ...(updatedAt > createdAt ? [happening("updated", updatedAt)] : []),
  ];
}

/**
 * Adds nine companies to those that deals were made of, and gives all
 * twenty-five what a full record has.
 */
export function completeCompanies(
  random: Random,
  companies: Records,
  nextId: () => number,
): void {
  let id = Math.max(...companies.keys());
  for (const name of MORE) {
    id += random.int(1, 40);
    const company = record(id, name, EPOCH - random.int(2, 120) * DAY, {
      name,
      website: `https://${slugOf(name, 0).slice(0, -2)}.example.co.id`,
      telephone: `022${random.int(5_000_000, 7_999_999)}`,
      address: `Jl. Raya Niaga No. ${random.int(1, 200)}`,
      city: random.pick(CITIES),
      country: "Indonesia",
      creator_id: random.pick(USERS).id,
    });
    companies.set(id, company);
  }
  const known: number[] = [];
  for (const company of companies.values()) {
    const option = (name: string): number | null =>
      optionOf(COMPANY_TEMPLATE, name, random);
    const { createdAt } = company;
    company.values = {
      ...company.values,
      province: random.pick(PROVINCES),
      zipcode: String(random.int(10_110, 80_999)),
      industry_id: option("industry_id"),
      crm_type_id: option("crm_type_id"),
      number_of_employees: random.chance(0.7) ? random.int(3, 900) * 5 : null,
      crm_source_id: random.chance(0.6) ? option("crm_source_id") : null,
      annual_revenue: random.chance(0.5) ? random.int(2, 900) * 1e8 : null,
      business_reg_number: random.chance(0.6)
        ? `NIB-${random.int(1_000_000, 9_999_999)}`
        : "",
      ancestry: known.length > 0 && random.chance(0.15)
        ? random.pick(known)
        : null,
    };
    known.push(company.id);
    company.custom = customOf(FILLABLE, undefined, random, createdAt);
    if (random.chance(0.5)) company.updatedAt += random.int(1, 40) * 6_000_000;
    company.timeline.push(...beginnings(
      recordName(company),
      Number(company.values.creator_id),
      createdAt,
      company.updatedAt,
      nextId,
    ));
  }
}
