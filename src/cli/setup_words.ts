/**
 * What `setup` says to a person, in the languages that it speaks.
 *
 * @module
 */

/** What it says. Answers such as "new" stay the same in each language. */
export interface SetupWords {
  readonly tokenIsThere: string;
  readonly makeToken: string;
  readonly tokenRefused: string;
  readonly pasteAgain: string;
  readonly runAgain: string;
  readonly clients: string;
  readonly typeName: string;
  /** Asks whether to write the file; with the copy of an older one. */
  readonly agree: (file: string, copy: string | undefined) => string;
  readonly nothingWritten: string;
  readonly done: (client: string) => string;
}

const english: SetupWords = {
  tokenIsThere:
    "There is a token on this machine already. Type new to replace it, or press Enter to keep it",
  makeToken:
    "Make a token at https://crm.qontak.com/crm/api_token/ and paste it here. It is not shown",
  tokenRefused:
    "Qontak does not accept this token: it may be copied in part, or used already.",
  pasteAgain: "Make a new one and paste it",
  runAgain: "Make a new one, and run qontak-mcp setup again",
  clients: "The program that you talk to:",
  typeName: "Type one of these names",
  agree: (file, copy) =>
    `Type yes to put this into ${file}${
      copy === undefined
        ? ""
        : `, whose other entries stay; a copy goes to ${copy}`
    }`,
  nothingWritten: "Nothing was written.",
  done: (client) =>
    `${client} is configured: quit it and start it again. Then ask it: "Which pipelines do we have in Qontak?"`,
};

const indonesian: SetupWords = {
  tokenIsThere:
    "Sudah ada token di komputer ini. Ketik new untuk menggantinya, atau tekan Enter untuk memakainya",
  makeToken:
    "Buat token di https://crm.qontak.com/crm/api_token/ lalu tempel di sini. Token tidak terlihat",
  tokenRefused:
    "Qontak tidak menerima token ini: mungkin tersalin sebagian, atau sudah pernah dipakai.",
  pasteAgain: "Buat token baru lalu tempel",
  runAgain: "Buat token baru, lalu jalankan qontak-mcp setup lagi",
  clients: "Aplikasi tempat Anda berbicara dengan asisten:",
  typeName: "Ketik salah satu nama ini",
  agree: (file, copy) =>
    `Ketik ya untuk menulisnya ke ${file}${
      copy === undefined
        ? ""
        : `. Isi lainnya tetap; salinan yang lama disimpan di ${copy}`
    }`,
  nothingWritten: "Tidak ada yang ditulis.",
  done: (client) =>
    `${client} sudah diatur: tutup aplikasi itu lalu buka lagi. Kemudian tanyakan: "Pipeline apa saja yang kita punya di Qontak?"`,
};

/**
 * The words for a language.
 *
 * @param language The language of the system, such as `id-ID`.
 */
export function setupWords(language: string): SetupWords {
  return /^id\b/.test(language) ? indonesian : english;
}
