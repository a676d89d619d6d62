/**
 * Notes for contacts and companies; those for deals are made with the deals.
 *
 * @module
 */

import type { Random } from "../random.ts";
import type { Records, Stored } from "../records.ts";
import { DAY } from "../time.ts";
import { EPOCH, record } from "./people.ts";
import { USERS } from "./tenant.ts";

/** Those with tags were written in Qontak's own pages. */
const TEXTS = [
  "Sudah dihubungi lewat telepon, minta dikirimi katalog.",
  "<p>Bertemu di pameran, tertarik pada <strong>rak gudang</strong>.</p>",
  "Minta faktur dikirim ke bagian keuangan.",
  "<p>Hasil kunjungan:</p><ul><li>stok menipis</li><li>anggaran ada</li></ul>",
  "Prefers English, speaks with the head office in Singapore.",
  "<p>Jangan hubungi sebelum pukul 09.00.</p>",
];

const PEOPLE = 12;
const FIRMS = 8;

/** What gets notes, and whose notes they join. */
export interface Noted {
  /** The contacts. */
  readonly contacts: Records;
  /** The companies. */
  readonly companies: Records;
  /** All notes. */
  readonly notes: Records;
  /** A new id. */
  nextId(): number;
}

/** Adds twelve notes to contacts and eight to companies; most have none. */
export function addNotes(
  random: Random,
  { contacts, companies, notes, nextId }: Noted,
): void {
  const add = (to: Stored, type: string, key: string): void => {
    const creator_id = random.pick(USERS).id;
    const at = EPOCH + random.int(1, 50) * DAY + random.int(0, 30_000) * 1000;
    const note = record(nextId(), "note", at, {
      note: random.pick(TEXTS),
      type,
      [key]: to.id,
      creator_id,
      crm_checkin: random.chance(0.3) ? to.values.address : "",
    });
    notes.set(note.id, note);
  };
  const people = random.sample([...contacts.values()], PEOPLE - 2);
  // Two have two notes each.
  for (const contact of [...people, ...people.slice(0, 2)]) {
    add(contact, "Crm::PersonNote", "crm_person_id");
  }
  for (const company of random.sample([...companies.values()], FIRMS)) {
    add(company, "Crm::CompanyNote", "crm_company_id");
  }
}
