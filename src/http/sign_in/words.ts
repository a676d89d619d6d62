/**
 * The texts of the pages on which people sign in, in each language.
 *
 * @module
 */
import type { Scope } from "../../auth/principal.ts";
import type { Language } from "../page/words.ts";

/** The scopes that a person can be asked for. */
export type AskedScope = Exclude<Scope, "metrics">;

/** The texts. `{name}`, `{id}`, `{host}` and `{when}` are placeholders. */
export interface SignInWords {
  readonly title: string;
  /** Who asks. */
  readonly asks: string;
  readonly sentTo: string;
  readonly thisMachine: string;
  readonly proven: string;
  readonly unproven: string;
  /** The host is not the one that the name says. */
  readonly mismatch: string;
  readonly local: string;
  /** Said once after one of the two before. */
  readonly onlyIfStarted: string;
  readonly may: string;
  readonly scopes: Readonly<Record<AskedScope, string>>;
  readonly account: string;
  readonly user: string;
  /** The same where Qontak does not say the name. */
  readonly unnamedUser: string;
  readonly unknownUser: string;
  readonly continued: string;
  readonly fresh: string;
  readonly allow: string;
  readonly deny: string;
  readonly revocable: string;
  readonly sessions: string;
  readonly noSessions: string;
  readonly noAccount: string;
  readonly client: string;
  readonly rights: string;
  readonly created: string;
  readonly used: string;
  readonly end: string;
  readonly endAll: string;
  readonly failed: string;
  readonly problems: {
    readonly request: string;
    readonly browser: string;
    readonly qontak: string;
    readonly store: string;
    readonly busy: string;
  };
}

/** The texts in each language. */
export const signInWords: Readonly<Record<Language, SignInWords>> = {
  en: {
    title: "Allow access to Qontak CRM",
    asks: "{name} wants to use your Qontak CRM.",
    sentTo: "You will be sent to",
    thisMachine: "a program on this computer ({host})",
    proven: "{host} confirms this name.",
    unproven: "This program chose its own name, and nobody has checked it.",
    mismatch:
      "Careful: the name says one thing, and {host} is another. Deny it unless you know why.",
    local: "A program on this computer will get access.",
    onlyIfStarted: "Allow it only if you started this yourself, a moment ago.",
    may: "It may",
    scopes: {
      read: "read contacts, companies, deals, tickets, tasks and notes",
      write: "create and change records",
      delete: "delete records",
    },
    account: "As",
    user: "your Qontak account: {name} (user {id})",
    unnamedUser:
      "your Qontak account: user {id}, whose name Qontak does not say here",
    unknownUser: "the Qontak account that you just signed in with",
    continued: "continue the one that signed in here on {when}",
    fresh: "a new one",
    allow: "Allow",
    deny: "Deny",
    revocable: "You can end this at any time at {name}.",
    sessions: "Programs that use your Qontak CRM",
    noSessions: "No program uses it.",
    noAccount:
      "Qontak does not say who you are, and this browser has not signed in a program before. Ask the operator of this endpoint to end a session.",
    client: "Program",
    rights: "May",
    created: "Since",
    used: "Last use",
    end: "End",
    endAll: "End all",
    failed: "This did not work",
    problems: {
      request:
        "The program that sent you here made a request that is not valid. Go back to it and connect again.",
      browser:
        "This page is not for this browser, or is too old. Go back to the program and connect again.",
      qontak: "Qontak did not let you in. Try again in a moment.",
      store:
        "The server cannot keep anything right now. Try again in a moment.",
      busy: "Too many attempts. Try again in a minute.",
    },
  },
  id: {
    title: "Izinkan akses ke Qontak CRM",
    asks: "{name} ingin memakai Qontak CRM Anda.",
    sentTo: "Anda akan diarahkan ke",
    thisMachine: "program di komputer ini ({host})",
    proven: "{host} membenarkan nama ini.",
    unproven:
      "Program ini memilih namanya sendiri dan tidak ada yang memeriksanya.",
    mismatch:
      "Hati-hati: nama ini tidak cocok dengan {host}. Tolak, kecuali Anda tahu alasannya.",
    local: "Program di komputer ini akan mendapat akses.",
    onlyIfStarted: "Izinkan hanya jika Anda sendiri yang baru saja memulainya.",
    may: "Program ini boleh",
    scopes: {
      read: "membaca kontak, perusahaan, deal, tiket, tugas, dan catatan",
      write: "membuat dan mengubah data",
      delete: "menghapus data",
    },
    account: "Sebagai",
    user: "akun Qontak Anda: {name} (pengguna {id})",
    unnamedUser:
      "akun Qontak Anda: pengguna {id}, yang namanya tidak disebutkan Qontak di sini",
    unknownUser: "akun Qontak yang baru saja Anda pakai untuk masuk",
    continued: "lanjutkan akun yang masuk di sini pada {when}",
    fresh: "akun baru",
    allow: "Izinkan",
    deny: "Tolak",
    revocable: "Anda dapat mengakhirinya kapan saja di {name}.",
    sessions: "Program yang memakai Qontak CRM Anda",
    noSessions: "Tidak ada program yang memakainya.",
    noAccount:
      "Qontak tidak menyebutkan siapa Anda, dan peramban ini belum pernah dipakai untuk menghubungkan program. Minta operator endpoint ini untuk mengakhiri sesi.",
    client: "Program",
    rights: "Boleh",
    created: "Sejak",
    used: "Terakhir dipakai",
    end: "Akhiri",
    endAll: "Akhiri semua",
    failed: "Ini tidak berhasil",
    problems: {
      request:
        "Program yang mengarahkan Anda ke sini mengirim permintaan yang tidak sah. Kembali ke program itu dan hubungkan lagi.",
      browser:
        "Halaman ini bukan untuk peramban ini, atau sudah terlalu lama. Kembali ke program dan hubungkan lagi.",
      qontak: "Qontak tidak mengizinkan Anda masuk. Coba lagi sebentar lagi.",
      store:
        "Server tidak dapat menyimpan apa pun saat ini. Coba lagi sebentar lagi.",
      busy: "Terlalu banyak percobaan. Coba lagi dalam satu menit.",
    },
  },
};

/** Puts values into a text. */
export function fill(
  text: string,
  values: Readonly<Record<string, string>>,
): string {
  return text.replace(/\{(\w+)\}/g, (all, name) => values[name] ?? all);
}
