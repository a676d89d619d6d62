/**
 * The companies, contacts and products that deals refer to.
 *
 * @module
 */

import type { Random } from "../random.ts";
import type { Contact, Records, Stored, Values } from "../records.ts";
import { DAY } from "../time.ts";
import { CITIES } from "./cities.ts";
import { USERS } from "./tenant.ts";

/** The first moment of the tenant: 1 October 2026, 08:00 in Jakarta. */
export const EPOCH: number = Date.UTC(2026, 9, 1, 1);

const COMPANIES = [
  "PT Baruna Tekstil Mandiri",
  "PT Graha Medika Sejahtera",
  "CV Lestari Pangan",
  "PT Nusa Logam Presisi",
  "Yayasan Pendidikan Tunas Harapan",
  "PT Arunika Properti",
  "PT Samudra Lintas Kargo",
  "Dinas Pendidikan Kota Wanasari",
  "PT Tirta Kencana Farma",
  "PT Mandala Otomotif Perkasa",
  "Koperasi Karyawan Sumber Rejeki",
  "PT Wahana Energi Timur",
  "CV Cipta Boga Rasa",
  "RSUD Harapan Sehat",
  "PT Bumi Sawit Lestari",
  "PT Kirana Media Kreatif",
];

const FIRST_NAMES = [
  ..."Agus,Budi,Citra,Dian,Eka,Fajar,Gita,Hendra,Indah,Joko".split(","),
  ..."Kartika,Lukman,Maya,Nanda,Putri,Rizky,Sari,Teguh,Wulan,Yusuf".split(","),
];
const LAST_NAMES = [
  ..."Saputra,Lestari,Hidayat,Permata,Nugroho,Siregar,Wibowo".split(","),
  ..."Maharani,Setiawan,Simanjuntak,Hartono,Puspita,Ginting".split(","),
];
const JOB_TITLES = [
  "Manajer Pengadaan",
  "Kepala Bagian Umum",
  "Staf Pembelian",
  "Direktur Operasional",
  "Supervisor Gudang",
  "Bendahara",
];

const PRODUCTS: readonly (readonly [string, number])[] = [
  ["Kertas A4 80 gsm (karton isi 5 rim)", 265_000],
  ["Kursi Kerja Ergonomis", 1_850_000],
  ["Meja Kantor 140 cm", 1_420_000],
  ["Printer Laser Mono", 2_975_000],
  ["Toner Hitam", 640_000],
  ["Helm Proyek", 85_000],
  ["Sepatu Safety", 465_000],
  ["Sarung Tangan Nitril (dus)", 118_000],
  ["Rak Gudang Susun 5", 2_350_000],
  ["Hand Pallet 2,5 Ton", 3_900_000],
  ["Cairan Pembersih 20 L", 240_000],
  ["Mesin Penghancur Kertas", 2_150_000],
];

/** `Sari Lestari` as `sari-lestari-4821`. */
export function slugOf(name: string, suffix: number): string {
  const words = name.toLowerCase().replace(/[^a-z0-9]+/g, "-");
  return `${words.replace(/^-|-$/g, "")}-${suffix}`;
}

/** A record as it was when it was created. */
export function record(
  id: number,
  name: string,
  createdAt: number,
  values: Values,
): Stored {
  return {
    id,
    slug: slugOf(name, id % 10_000),
    createdAt,
    updatedAt: createdAt,
    values,
    custom: new Map(),
    timeline: [],
  };
}

function byId<R extends Stored>(list: readonly R[]): Records<R> {
  return new Map(list.map((one) => [one.id, one]));
}

/** The companies. */
export function createCompanies(random: Random): Records {
  let id = 9_310_000 + random.int(0, 9_000);
  return byId(COMPANIES.map((name) => {
    id += random.int(1, 40);
    const city = random.pick(CITIES);
    return record(id, name, EPOCH - random.int(10, 300) * DAY, {
      name,
      website: `https://${slugOf(name, 0).slice(0, -2)}.example.co.id`,
      telephone: `021${random.int(5_000_000, 7_999_999)}`,
      address: `Jl. Industri No. ${random.int(1, 120)}`,
      city,
      country: "Indonesia",
      creator_id: random.pick(USERS).id,
    });
  }));
}

/** The contacts, each in one of the companies. */
export function createContacts(
  random: Random,
  companies: Records,
): Records<Contact> {
  const first = 31_840_000 + random.int(0, 9_000);
  return byId(someContacts(random, companies, first, 28));
}

/** Adds contacts up to a number. */
export function addContacts(
  random: Random,
  contacts: Records<Contact>,
  companies: Records,
  count: number,
): void {
  const last = Math.max(...contacts.keys());
  const missing = Math.max(0, count - contacts.size);
  for (const contact of someContacts(random, companies, last, missing)) {
    contacts.set(contact.id, contact);
  }
}

function someContacts(
  random: Random,
  companies: Records,
  after: number,
  length: number,
): Contact[] {
  const companyIds = [...companies.keys()];
  let id = after;
  return Array.from({ length }, (_, index) => {
    id += random.int(1, 90);
    const first_name = random.pick(FIRST_NAMES);
    const last_name = random.pick(LAST_NAMES);
    const name = `${first_name} ${last_name}`;
    const contact = record(id, name, EPOCH - random.int(5, 200) * DAY, {
      first_name,
      last_name,
      job_title: random.pick(JOB_TITLES),
      email: `${first_name}.${last_name}${id % 100}@example.co.id`
        .toLowerCase(),
      telephone: `08${random.int(1_100_000_000, 8_999_999_999)}`,
      crm_company_id: companyIds[index % companyIds.length],
      creator_id: random.pick(USERS).id,
    });
    return { ...contact, chat: [] };
  });
}

/** The products. */
export function createProducts(random: Random): Records {
  let id = 2_770_000 + random.int(0, 900);
  return byId(PRODUCTS.map(([name, price]) => {
    id += random.int(1, 9);
    return record(id, name, EPOCH - random.int(100, 400) * DAY, {
      name,
      currency: "IDR",
      price,
      quantity: random.int(20, 500),
      description: "",
    });
  }));
}
