/**
 * The texts of the page, in each of its languages.
 *
 * @module
 */
import type { ClientId } from "../../clients/clients.ts";
import type { Effect } from "../../tools/outline.ts";
import type { Readiness } from "../../qontak/readiness.ts";
import type { Toolset } from "../../tools/outline.ts";

/** A language of the page, as `lang` and `?lang=` name it. */
export type Language = "en" | "id";

/** The texts of the script; `{name}` is a placeholder for a value. */
export interface ScriptWords {
  readonly healthy: string;
  /** The server runs, but something that it needs does not. */
  readonly notReady: string;
  /** The parts that it needs, as `/ready` names them. */
  readonly parts: Readonly<Record<keyof Readiness, string>>;
  readonly unhealthy: string;
  readonly unreachable: string;
  readonly copy: string;
  readonly copyWithKey: string;
  readonly copied: string;
  readonly selected: string;
  readonly found: string;
  readonly call: string;
  readonly calling: string;
  readonly answer: string;
  /** The forms of an answer. */
  readonly board: string;
  readonly table: string;
  readonly whole: string;
  /** The columns of a table of one record. */
  readonly field: string;
  readonly value: string;
  readonly answered: string;
  readonly failed: string;
  readonly refused: string;
  readonly unexpected: string;
  readonly offline: string;
  readonly keyMissing: string;
  readonly keyUnknown: string;
  readonly keyMalformed: string;
}

/** The texts of the page. */
export interface Words {
  /** The language's own name. */
  readonly name: string;
  readonly languages: string;
  readonly title: string;
  readonly tagline: string;
  readonly onThisPage: string;
  readonly about: string;
  /** Said where the server works on the built-in CRM. */
  readonly invented: string;
  readonly what: string;
  readonly honest: string;
  readonly readOnly: string;
  readonly counts: string;
  readonly access: string;
  readonly withKey: string;
  readonly withoutKey: string;
  readonly health: string;
  readonly checking: string;
  readonly ask: string;
  readonly askHint: string;
  /** The tool that answered. */
  readonly by: string;
  readonly runHere: string;
  readonly connect: string;
  readonly addTo: string;
  readonly addHint: string;
  /** Added to it where callers need a key. */
  readonly addKeyHint: string;
  readonly address: string;
  readonly needsKey: string;
  readonly needsNoKey: string;
  readonly signIn: string;
  readonly withLogin: string;
  /** Said of a client that connects over the internet. */
  readonly needsPublic: string;
  readonly files: string;
  readonly clients: Readonly<Partial<Record<ClientId, string>>>;
  /** What to do with a snippet; the snippet's own words where left out. */
  readonly instructions?: Readonly<
    Record<ClientId, { readonly text: string; readonly withKey?: string }>
  >;
  readonly tools: string;
  readonly trying: string;
  readonly key: string;
  readonly keyHint: string;
  readonly search: string;
  readonly searchHint: string;
  readonly none: string;
  readonly inGroup: string;
  readonly noArguments: string;
  readonly required: string;
  readonly toolsets: Readonly<Record<Toolset, string>>;
  readonly effects: Readonly<Record<Effect, string>>;
  readonly script: ScriptWords;
}

const INTO_FILE =
  "Tempelkan ke dalam berkas ini; jika sudah ada server lain di dalamnya, tambahkan qontak ke mcpServers.";

/** The texts of the page, by language. */
export const words: Readonly<Record<Language, Words>> = {
  en: {
    name: "English",
    languages: "Language",
    title: "Qontak CRM for AI assistants",
    tagline: "An MCP server",
    onThisPage: "On this page",
    about: "Ask your CRM in your own words",
    invented:
      "Invented data: this server works on a built-in CRM. Nothing here is about real people, and nothing you change is kept.",
    what:
      "Through this address, an AI assistant such as Claude, ChatGPT or Cursor can work in a company's Qontak CRM. The server speaks MCP, the Model Context Protocol.",
    honest:
      "Everything that an assistant writes is checked against the company's own fields before it is sent.",
    readOnly:
      "This server only offers tools that read: nothing can be changed.",
    counts: "{all} tools: {read} read, {write} write, {delete} delete",
    access: "Access",
    withKey: "With your own key",
    withLogin: "After you sign in",
    withoutKey: "Only from this machine, no key",
    health: "State of the server",
    checking: "Checking …",
    ask: "What you can ask",
    askHint:
      "Eight questions from eight jobs. The answers are from the invented company of the built-in CRM; yours come from your own.",
    by: "Answered by",
    runHere: "Run it on this server",
    connect: "Connect a client",
    addTo: "Add to {client}",
    addHint:
      "The buttons open the program, which asks before it adds this server.",
    addKeyHint: "Where it shows YOUR_API_KEY, put your key.",
    address: "Address",
    needsKey:
      "You need a key from the person who runs this server. Replace YOUR_API_KEY with it.",
    signIn:
      "Your program needs only the address. It opens a page where you sign in and agree to what it may do; you copy no key. A program that cannot do that needs a key from the person who runs this server.",
    needsNoKey:
      "You need no key: this server answers only programs on its own machine.",
    needsPublic:
      "It cannot reach a local address such as 127.0.0.1 or localhost.",
    files: "File",
    clients: {},
    tools: "Tools",
    trying:
      "You can try the tools marked read here: open one, fill in its arguments and call it.",
    key: "Your key",
    keyHint:
      "Only needed to try a tool. It stays in the memory of this tab, is sent only to this server, and is gone when you close or reload the page.",
    search: "Search tools",
    searchHint: "Name, description or argument",
    none: "No tool matches all of these words.",
    inGroup: "{n} tools",
    noArguments: "Takes no arguments.",
    required: "required",
    toolsets: {
      contacts: "Contacts",
      companies: "Companies",
      deals: "Deals",
      pipelines: "Pipelines",
      tickets: "Tickets",
      tasks: "Tasks",
      notes: "Notes",
      products: "Products",
      geolocations: "Geolocations",
      insight: "Questions about many records",
      changes: "Changes and undo",
    },
    effects: { read: "read", write: "write", delete: "delete" },
    script: {
      healthy: "Healthy, version {version}",
      notReady:
        "Running, version {version}, but not ready. No answer from: {failing}",
      parts: {
        store: "saved tokens",
        kv: "its database",
        qontak: "Qontak",
      },
      unhealthy: "Unhealthy: {path} answered with status {status}",
      unreachable: "Unreachable: the server did not answer",
      copy: "Copy",
      copyWithKey: "Copy with your key",
      copied: "Copied: {what}",
      selected:
        "The browser does not let this page copy. The text is selected: press Ctrl+C, or ⌘C on a Mac.",
      found: "{shown} of {all} tools",
      call: "Call {tool}",
      calling: "Waiting for the answer …",
      answer: "Answer of {tool}",
      board: "Board",
      table: "Table",
      whole: "Whole answer",
      field: "Field",
      value: "Value",
      answered: "Answered in {ms} ms",
      failed: "The tool answered with an error after {ms} ms",
      refused: "The server refused the call: {reason} (status {status})",
      unexpected:
        "The server answered with something other than MCP (status {status}).",
      offline:
        "The server cannot be reached. Check that it runs and that you are online, then call again.",
      keyMissing:
        "This server needs a key. Paste yours into the field above the tools, then call again.",
      keyUnknown:
        "The server does not accept this key. Check that you pasted all of it, or ask for another one.",
      keyMalformed:
        "This is not a key: a key has no spaces, only plain letters, digits and punctuation. Paste it again.",
    },
  },
  id: {
    name: "Bahasa Indonesia",
    languages: "Bahasa",
    title: "Qontak CRM untuk asisten AI",
    tagline: "Server MCP",
    onThisPage: "Di halaman ini",
    about: "Tanyakan apa saja kepada CRM Anda",
    invented:
      "Data rekaan: server ini memakai CRM bawaan. Tidak ada data orang sungguhan di sini, dan perubahan Anda tidak disimpan.",
    what:
      "Melalui alamat ini, asisten AI seperti Claude, ChatGPT, atau Cursor dapat bekerja di Qontak CRM milik perusahaan. Server ini menggunakan MCP (Model Context Protocol).",
    honest:
      "Semua yang ditulis asisten diperiksa terlebih dahulu berdasarkan kolom data perusahaan sebelum dikirim.",
    readOnly:
      "Semua alat di sini hanya membaca data: tidak ada yang dapat diubah.",
    counts:
      "{all} alat: {read} membaca, {write} menulis, {delete} menghapus data",
    access: "Akses",
    withKey: "Dengan kunci Anda sendiri",
    withLogin: "Setelah Anda masuk",
    withoutKey: "Hanya dari komputer ini, tanpa kunci",
    health: "Status server",
    checking: "Memeriksa …",
    ask: "Yang dapat Anda tanyakan",
    askHint:
      "Delapan pertanyaan dari delapan pekerjaan. Jawabannya berasal dari perusahaan rekaan di CRM bawaan; jawaban Anda berasal dari data sendiri.",
    by: "Dijawab oleh",
    runHere: "Jalankan di server ini",
    connect: "Hubungkan klien",
    addTo: "Tambahkan ke {client}",
    addHint:
      "Tombol ini membuka program, yang bertanya dahulu sebelum menambahkan server ini.",
    addKeyHint: "Jika program menampilkan YOUR_API_KEY, isikan kunci Anda.",
    address: "Alamat",
    needsKey:
      "Anda memerlukan kunci, yang diberikan oleh pengelola server ini. Gantilah YOUR_API_KEY dengan kunci tersebut.",
    signIn:
      "Program Anda hanya memerlukan alamat ini. Program itu membuka halaman tempat Anda masuk dan menyetujui apa yang boleh dilakukannya; Anda tidak menyalin kunci. Program yang tidak dapat melakukannya memerlukan kunci dari pengelola server ini.",
    needsNoKey:
      "Kunci tidak diperlukan: server ini hanya melayani program di komputer tempatnya berjalan.",
    needsPublic:
      "Alamat lokal seperti 127.0.0.1 atau localhost tidak terjangkau.",
    files: "Berkas",
    clients: { generic: "Klien lain" },
    instructions: {
      "claude-desktop": {
        text:
          `${INTO_FILE} Setelah itu, keluar dari Claude Desktop dan buka kembali. Node.js diperlukan: berkas ini hanya mengenal server di komputer yang sama, dan npx mcp-remote menjadi penghubungnya.`,
      },
      "claude-code": {
        text:
          "Jalankan di terminal. Pengaturan ini berlaku di folder tempat perintah dijalankan; tambahkan --scope user setelah add agar berlaku di semua folder.",
      },
      cursor: { text: `${INTO_FILE} Setelah itu, periksa Settings → MCP.` },
      vscode: {
        text:
          "Tempelkan ke dalam berkas ini, atau ke .vscode/mcp.json untuk satu proyek saja; jika sudah ada server lain di dalamnya, tambahkan qontak ke servers.",
        withKey: "VS Code akan meminta kunci Anda.",
      },
      windsurf: {
        text:
          `${INTO_FILE} Setelah itu, tekan Refresh pada daftar server MCP di Cascade.`,
      },
      chatgpt: {
        text:
          "Aktifkan Developer mode di Settings → Connectors → Advanced, tekan Create, lalu tempelkan sebagai URL. ChatGPT mengakses server melalui internet.",
        withKey:
          "ChatGPT tidak mengirimkan kunci: di depan server harus ada perantara yang memverifikasi pengguna dengan OAuth dan menambahkan kunci.",
      },
      generic: { text: "Sebagian besar klien membaca bentuk ini." },
    },
    tools: "Alat",
    trying:
      "Alat bertanda baca dapat dicoba di sini: buka alatnya, isi argumennya, lalu panggil.",
    key: "Kunci Anda",
    keyHint:
      "Hanya diperlukan untuk mencoba alat. Kunci disimpan di memori tab ini saja, hanya dikirim ke server ini, dan hilang saat halaman ditutup atau dimuat ulang.",
    search: "Cari alat",
    searchHint: "Nama, deskripsi, atau argumen",
    none: "Tidak ada alat yang memuat semua kata ini.",
    inGroup: "{n} alat",
    noArguments: "Tanpa argumen.",
    required: "wajib",
    toolsets: {
      contacts: "Kontak",
      companies: "Perusahaan",
      deals: "Deal",
      pipelines: "Pipeline",
      tickets: "Tiket",
      tasks: "Tugas",
      notes: "Catatan",
      products: "Produk",
      geolocations: "Geolokasi",
      insight: "Pertanyaan tentang banyak data",
      changes: "Perubahan dan pembatalan",
    },
    effects: { read: "baca", write: "tulis", delete: "hapus" },
    script: {
      healthy: "Berjalan normal, versi {version}",
      notReady:
        "Berjalan, versi {version}, tetapi belum siap. Yang tidak menjawab: {failing}",
      parts: {
        store: "token tersimpan",
        kv: "basis data",
        qontak: "Qontak",
      },
      unhealthy: "Bermasalah: {path} menjawab dengan status {status}",
      unreachable: "Tidak terjangkau: server tidak menjawab",
      copy: "Salin",
      copyWithKey: "Salin dengan kunci Anda",
      copied: "Tersalin: {what}",
      selected:
        "Peramban tidak mengizinkan halaman ini menyalin. Teks sudah dipilih: tekan Ctrl+C, atau ⌘C di Mac.",
      found: "{shown} dari {all} alat",
      call: "Panggil {tool}",
      calling: "Menunggu jawaban …",
      answer: "Jawaban {tool}",
      board: "Papan",
      table: "Tabel",
      whole: "Jawaban lengkap",
      field: "Kolom",
      value: "Nilai",
      answered: "Dijawab dalam {ms} ms",
      failed: "Alat menjawab bahwa permintaan gagal, setelah {ms} ms",
      refused: "Server menolak panggilan: {reason} (status {status})",
      unexpected:
        "Jawaban server bukan jawaban MCP yang semestinya (status {status}).",
      offline:
        "Server tidak terjangkau. Pastikan server berjalan dan Anda terhubung ke internet, lalu coba lagi.",
      keyMissing:
        "Server ini memerlukan kunci. Tempelkan kunci Anda pada kolom di atas daftar alat, lalu coba lagi.",
      keyUnknown:
        "Server tidak menerima kunci ini. Pastikan kunci tertempel seluruhnya, atau mintalah kunci lain.",
      keyMalformed:
        "Ini bukan kunci: kunci tidak memuat spasi dan hanya terdiri atas huruf biasa, angka, dan tanda baca. Silakan tempelkan kembali.",
    },
  },
};

/** The languages, in the order of the switch. */
export const LANGUAGES: readonly Language[] = ["en", "id"];

/**
 * The language that a request asks for: `?lang=`, then what the browser
 * prefers, then English.
 *
 * @param request The request.
 */
export function languageOf(request: Request): Language {
  const chosen = new URL(request.url).searchParams.get("lang");
  return LANGUAGES.find((language) => language === chosen) ??
    preferred(request.headers.get("accept-language") ?? "");
}

/** The supported language that an `Accept-Language` header ranks highest. */
function preferred(header: string): Language {
  let best: Language = "en";
  let most = 0;
  for (const range of header.split(",")) {
    const [tag = "", ...parameters] = range.trim().toLowerCase().split(
      /\s*;\s*/,
    );
    // Older systems call Indonesian "in".
    const [primary] = tag.replace(/^in\b/, "id").split("-");
    const language = LANGUAGES.find((one) => one === primary);
    const weight = parameters.find((one) => one.startsWith("q="))?.slice(2);
    const quality = weight === undefined ? 1 : Number(weight);
    if (language && quality > most) {
      best = language;
      most = quality;
    }
  }
  return best;
}
