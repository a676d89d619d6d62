/**
 * What `setup` says to a person, in the languages that it speaks.
 *
 * @module
 */

import type { ClientId } from "../clients/clients.ts";

/** What it says. Answers such as "new" stay the same in each language. */
export interface SetupWords {
  /** TOKEN_STORE names another store. */
  readonly otherStore: (store: string) => string;
  readonly tokenIsThere: string;
  /** The answer is neither to keep the token nor to replace it. */
  readonly neitherKept: string;
  readonly makeToken: string;
  readonly tokenRefused: string;
  /** What was pasted is not a token; with the finding in English. */
  readonly notToken: (finding: string) => string;
  readonly kept: string;
  /** Said after checks in English that passed; empty where they say it. */
  readonly works: string;
  readonly checkFailed: string;
  /** Said before an error in English that ends setup; empty in English. */
  readonly unfinished: string;
  /** The same if Qontak was not reached. */
  readonly notReached: string;
  /** With the finding, and the names that are known. */
  readonly unknownClient: (finding: string, known: string) => string;
  readonly cannotStart: (client: string) => string;
  readonly pasteAgain: string;
  readonly runAgain: string;
  readonly clients: string;
  readonly typeName: string;
  /** Asks whether to write the file; with the copy of an older one. */
  readonly agree: (file: string, copy: string | undefined) => string;
  /** Why the file is not changed, one of the reasons below. */
  readonly notChanged: (file: string, reason: string) => string;
  readonly tooLarge: string;
  readonly unreadable: (error: string) => string;
  readonly longNumber: string;
  readonly notJson: string;
  readonly unexpectedForm: (key: string) => string;
  /** What to do where the program does not change the file. */
  readonly paste: string;
  /** What to do with the text; from the client's instruction in English. */
  readonly instruction: (client: ClientId, english: string) => string;
  readonly file: (path: string) => string;
  readonly nothingWritten: string;
  readonly done: (client: string) => string;
}

const english: SetupWords = {
  otherStore: (store) =>
    `setup keeps the token in Deno KV on this machine, and TOKEN_STORE is ${store}: use qontak-mcp tenants add and qontak-mcp config with that store`,
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
  works: "",
  checkFailed:
    "The token is saved, but a check failed: do what its line says, then run qontak-mcp setup again",
  unfinished: "",
  notReached: "",
  unknownClient: (finding) => finding,
  cannotStart: (client) =>
    `${client} cannot start a server: it needs one that runs, such as with --http. qontak-mcp config says how to connect it`,
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
  notChanged: (file, reason) => `${file} is not changed: ${reason}.`,
  tooLarge: "it is too large",
  unreadable: (error) => `it cannot be read (${error})`,
  longNumber: "it has a number with more digits than a program can keep",
  notJson: "it is not plain JSON: it has comments, or a bracket is missing",
  unexpectedForm: (key) => `its ${key} has an unexpected form`,
  paste: "Put the text above into it yourself.",
  instruction: (_, english) => english,
  file: (path) => `. File: ${path}`,
  nothingWritten: "Nothing was written.",
  done: (client) =>
    `${client} is configured: quit it and start it again. Then ask it: "Which pipelines do we have in Qontak?"`,
};

const INTO_FILE =
  `Tempel teks di atas ke berkas itu; jika sudah ada server lain di dalamnya, tambahkan qontak ke mcpServers.`;

/** What to do with the text for each client that starts servers. */
const INDONESIAN_INSTRUCTIONS: Readonly<Partial<Record<ClientId, string>>> = {
  "claude-desktop":
    `${INTO_FILE} Lalu tutup Claude Desktop sepenuhnya dan buka lagi`,
  "claude-code":
    "Jalankan di terminal. Pengaturan ini berlaku di folder tempat perintah itu dijalankan; tambahkan --scope user setelah add agar berlaku di semua folder",
  cursor: `${INTO_FILE} Lalu periksa Settings → MCP`,
  vscode:
    `Tempel teks di atas ke berkas itu, atau ke .vscode/mcp.json untuk satu proyek saja; jika sudah ada server lain di dalamnya, tambahkan qontak ke servers`,
  windsurf: `${INTO_FILE} Lalu tekan Refresh pada daftar server MCP di Cascade`,
  generic:
    `Tempel teks di atas ke berkas server MCP aplikasi Anda; tempatnya disebut dalam dokumentasi aplikasi itu. Jika sudah ada server lain di dalamnya, tambahkan qontak ke mcpServers. Sebagian besar aplikasi membaca bentuk ini`,
};

const indonesian: SetupWords = {
  otherStore: (store) =>
    `setup menyimpan token di Deno KV di komputer ini, sedangkan TOKEN_STORE adalah ${store}: pakai qontak-mcp tenants add dan qontak-mcp config dengan penyimpanan itu`,
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
  works: "Token itu berfungsi: Qontak menjawab",
  checkFailed:
    "Token disimpan, tetapi pemeriksaan yang bertanda fail gagal. README.id.md menyebut arti pesannya; sesudah itu jalankan qontak-mcp setup lagi",
  unfinished:
    "Pengaturan belum selesai. Alasannya ada di bawah ini; jika dalam bahasa Inggris, README.id.md menyebut artinya",
  notReached:
    "Qontak tidak dapat dihubungi. Periksa sambungan internet, proksi, serta tanggal dan jam komputer ini, lalu jalankan qontak-mcp setup lagi. Rinciannya ada di bawah ini, dalam bahasa Inggris",
  unknownClient: (_, known) =>
    `Aplikasi itu tidak dikenal. Ketik salah satu dari nama ini: ${known}`,
  cannotStart: (client) =>
    `${client} tidak dapat memulai server di komputer ini: aplikasi itu memerlukan server yang sudah berjalan, misalnya dengan --http. qontak-mcp config menyebut cara menghubungkannya`,
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
  notChanged: (file, reason) => `${file} tidak diubah: ${reason}.`,
  tooLarge: "berkas itu terlalu besar",
  unreadable: (error) => `berkas itu tidak dapat dibaca (${error})`,
  longNumber:
    "di dalamnya ada angka yang lebih panjang daripada yang dapat disimpan program",
  notJson:
    "isinya bukan JSON biasa: ada komentar, atau ada tanda kurung yang kurang",
  unexpectedForm: (key) => `bentuk ${key} di dalamnya tidak dikenal`,
  paste: "Masukkan sendiri teks di atas ke dalamnya.",
  instruction: (client, english) => INDONESIAN_INSTRUCTIONS[client] ?? english,
  file: (path) => `. Berkas: ${path}`,
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
