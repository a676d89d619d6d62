/**
 * What `setup` says to a person, in the languages that it speaks.
 *
 * @module
 */

/** What it says. Answers such as "new" stay the same in each language. */
export interface SetupWords {
  readonly tokenIsThere: string;
  /** The answer is neither to keep the token nor to replace it. */
  readonly neitherKept: string;
  readonly makeToken: string;
  readonly tokenRefused: string;
  /** What was pasted is not a token; with the finding in English. */
  readonly notToken: (finding: string) => string;
  readonly kept: string;
  /** The client is not known or cannot start a server; with the finding. */
  readonly unknownClient: (finding: string) => string;
  readonly pasteAgain: string;
  readonly runAgain: string;
  readonly clients: string;
  readonly typeName: string;
  /** Asks whether to write the file; with the copy of an older one. */
  readonly agree: (file: string, copy: string | undefined) => string;
  /** What to do where the program does not change the file. */
  readonly paste: string;
  readonly nothingWritten: string;
  readonly done: (client: string) => string;
}

const english: SetupWords = {
  tokenIsThere:
    "There is a token on this machine already. Type new to replace it, or press Enter to keep it",
  neitherKept:
    "That was not used. To put a new token in, type the word new first, and paste the token when you are asked for it",
  makeToken:
    "Make a token at https://crm.qontak.com/crm/api_token/ and paste it here. It is not shown",
  tokenRefused:
    "Qontak does not accept this token: it may be copied in part, or used already.",
  notToken: (finding) => finding,
  kept: "Your token is saved on this computer",
  unknownClient: (finding) => finding,
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
  paste: "Put the text above into it yourself.",
  nothingWritten: "Nothing was written.",
  done: (client) =>
    `${client} is configured: quit it and start it again. Then ask it: "Which pipelines do we have in Qontak?"`,
};

const indonesian: SetupWords = {
  tokenIsThere:
    "Sudah ada token di komputer ini. Ketik baru untuk menggantinya, atau tekan Enter untuk memakainya",
  neitherKept:
    "Jawaban itu tidak dipakai. Untuk mengganti token, ketik dulu kata baru, lalu tempel token saat diminta",
  makeToken:
    "Buat token di https://crm.qontak.com/crm/api_token/ lalu tempel di sini. Token tidak terlihat",
  tokenRefused:
    "Qontak tidak menerima token ini: mungkin tersalin sebagian, atau sudah pernah dipakai.",
  notToken: (finding) =>
    `Yang ditempel bukan token yang lengkap. Salin token itu saja, tanpa tanda kutip atau spasi, lalu tempel lagi (${finding})`,
  kept: "Token Anda disimpan di komputer ini",
  unknownClient: () =>
    "Aplikasi itu tidak dikenal, atau tidak dapat memulai server di komputer ini. Ketik salah satu nama di atas",
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
  paste: "Masukkan sendiri teks di atas ke dalamnya.",
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
