/**
 * The rest of the contacts, and what a full record of one has.
 *
 * @module
 */

import type { Random } from "../random.ts";
import {
  type ChatLine,
  type Contact,
  contactName,
  type Records,
} from "../records.ts";
import { DAY, toIso } from "../time.ts";
import { CITIES } from "./cities.ts";
import { beginnings, optionOf } from "./companies.ts";
import { CONTACT_FIELDS, CONTACT_TEMPLATE } from "./contact_template.ts";
import { customOf } from "./deals.ts";
import { EPOCH, record } from "./people.ts";
import { USERS } from "./tenant.ts";

/** First name, last name, job title. The last ones have no company. */
const MORE: readonly (readonly [string, string, string])[] = [
  ["Anisa", "Rahmawati", "Manajer Pengadaan"],
  ["Bambang", "Sutrisno", "Kepala Gudang"],
  ["Chandra", "Halim", "Direktur Utama"],
  ["Desi", "Marpaung", "Staf Pembelian"],
  ["Erwin", "Kusnadi", "Kepala Bagian Umum"],
  ["Farida", "Yunus", "Bendahara"],
  ["Galih", "Prasetya", "Supervisor Produksi"],
  ["Hesti", "Wulandari", "Sekretaris Direksi"],
  ["Imam", "Santoso", "Pemilik Usaha"],
  ["Jessica", "Tanuwijaya", "Konsultan"],
  ["Kurniawan", "", ""],
  ["Lina", "Oktaviani", "Guru"],
];

const ALONE = 3;
const CHATS: readonly (readonly [string, string])[] = [
  [
    "Halo, saya mau tanya harga kertas A4 per karton.",
    "Halo, harga dan syaratnya kami kirim lewat email, ya.",
  ],
  [
    "Pesanan kami minggu lalu sudah dikirim?",
    "Sudah, tiba besok siang. Nomor resinya kami kirim sebentar lagi.",
  ],
  [
    "Apakah ada teknisi yang bisa datang hari Jumat?",
    "Ada. Kami jadwalkan pukul 10 pagi.",
  ],
];

function chatOf(contact: Contact, random: Random): ChatLine[] {
  const [question, reply] = random.pick(CHATS);
  const at = contact.createdAt + random.int(1, 40) * 3_600_000;
  const agent = USERS.find(({ id }) => id === contact.values.creator_id);
  return [
    { user: contactName(contact), message: question, at, type: "customer" },
    {
      user: agent?.name ?? "Agent",
      message: reply,
      at: at + 95_000,
      type: "agent",
    },
  ];
}

/**
 * Adds twelve contacts to those that deals were made of, and gives all forty
 * what a full record has.
 */
export function completeContacts(
  random: Random,
  contacts: Records<Contact>,
  companyIds: readonly number[],
  nextId: () => number,
): void {
  let id = Math.max(...contacts.keys());
  for (const [index, [first_name, last_name, job_title]] of MORE.entries()) {
    id += random.int(1, 90);
    const name = `${first_name} ${last_name}`.trim();
    const mailbox = name.toLowerCase().replace(" ", ".");
    const alone = index >= MORE.length - ALONE;
    contacts.set(id, {
      ...record(id, name, EPOCH - random.int(2, 60) * DAY, {
        first_name,
        last_name,
        job_title,
        email: last_name === "" ? "" : `${mailbox}@example.co.id`,
        telephone: `08${random.int(1_100_000_000, 8_999_999_999)}`,
        // The newest companies come last; only they lack contacts so far.
        crm_company_id: alone ? null : companyIds.at(-1 - index) ?? null,
        creator_id: random.pick(USERS).id,
      }),
      chat: [],
    });
  }
  for (const contact of contacts.values()) {
    const option = (name: string): number | null =>
      optionOf(CONTACT_TEMPLATE, name, random);
    const { createdAt } = contact;
    contact.values = {
      ...contact.values,
      crm_status_id: random.chance(0.8) ? option("crm_status_id") : null,
      address: `Jl. Anggrek No. ${random.int(1, 99)}`,
      country: "Indonesia",
      province: "",
      city: random.pick(CITIES),
      zipcode: String(random.int(10_110, 80_999)),
      date_of_birth: random.chance(0.4)
        ? toIso(EPOCH - random.int(9_000, 20_000) * DAY).slice(0, 10)
        : null,
      crm_source_id: random.chance(0.6) ? option("crm_source_id") : null,
      crm_gender_id: random.chance(0.7) ? option("crm_gender_id") : null,
      income: random.chance(0.3) ? String(random.int(60, 900) * 1e6) : "",
      upload_id: null,
      customer_id: random.chance(0.5) ? `CSN-${random.int(1000, 9999)}` : "",
    };
    contact.custom = customOf(CONTACT_FIELDS, undefined, random, createdAt);
    if (random.chance(0.5)) contact.updatedAt += random.int(1, 40) * 6_000_000;
    contact.timeline.push(...beginnings(
      contactName(contact),
      Number(contact.values.creator_id),
      createdAt,
      contact.updatedAt,
      nextId,
    ));
    if (random.chance(0.25)) contact.chat = chatOf(contact, random);
  }
}
