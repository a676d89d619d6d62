/**
 * The titles of the tools in Indonesian, and one sentence on each, for people.
 * Models read the English definitions.
 *
 * @module
 */

/** The title of a tool, and what it does. */
export interface ToolWords {
  readonly title: string;
  readonly about: string;
}

const words = (title: string, about: string): ToolWords => ({ title, about });

/** The tools that records with a template have, by the noun in both languages. */
function templateTools(
  one: string,
  noun: string,
): Readonly<Record<string, ToolWords>> {
  return {
    [`get_${one}_template`]: words(
      `Lihat templat ${noun}`,
      `Semua kolom ${noun}, beserta keterangan kapan kolom itu wajib diisi.`,
    ),
    [`get_required_fields_for_${one}`]: words(
      `Lihat kolom wajib ${noun}`,
      `Kolom yang wajib diisi untuk ${noun}. Periksa sebelum membuat ${noun}.`,
    ),
  };
}

/** The tools that most kinds of records have. */
function recordTools(
  one: string,
  many: string,
  noun: string,
): Readonly<Record<string, ToolWords>> {
  return {
    [`list_${many}`]: words(
      `Daftar ${noun}`,
      `Satu halaman daftar ${noun}, secara ringkas.`,
    ),
    [`get_${one}`]: words(
      `Lihat ${noun}`,
      `Satu ${noun} berdasarkan ID.`,
    ),
    [`create_${one}`]: words(
      `Buat ${noun}`,
      `Membuat ${noun} baru setelah isinya diperiksa.`,
    ),
    [`update_${one}`]: words(
      `Ubah ${noun}`,
      `Mengubah hanya kolom ${noun} yang disebutkan.`,
    ),
    [`delete_${one}`]: words(
      `Hapus ${noun}`,
      `Menghapus ${noun} secara permanen.`,
    ),
  };
}

function timeline(one: string, noun: string) {
  return {
    [`get_${one}_timeline`]: words(
      `Lihat riwayat ${noun}`,
      `Semua yang terjadi pada ${noun}, dimulai dari yang terbaru.`,
    ),
  };
}

function chatAndOwner(one: string, noun: string) {
  return {
    [`get_${one}_chat_history`]: words(
      `Lihat riwayat obrolan ${noun}`,
      "Obrolan dengan pelanggan, jika panel obrolan tersambung.",
    ),
    [`update_${one}_owner`]: words(
      `Ganti penanggung jawab ${noun}`,
      `Menyerahkan ${noun} kepada pengguna lain.`,
    ),
  };
}

const { delete_geolocation: _, ...geolocationTools } = recordTools(
  "geolocation",
  "geolocations",
  "geolokasi",
);

/** The words of every tool, by its name. */
export const indonesian: Readonly<Record<string, ToolWords>> = {
  ...templateTools("contact", "kontak"),
  ...recordTools("contact", "contacts", "kontak"),
  ...timeline("contact", "kontak"),
  ...chatAndOwner("contact", "kontak"),
  ...templateTools("company", "perusahaan"),
  ...recordTools("company", "companies", "perusahaan"),
  ...timeline("company", "perusahaan"),
  ...templateTools("deal", "deal"),
  ...recordTools("deal", "deals", "deal"),
  ...timeline("deal", "deal"),
  ...chatAndOwner("deal", "deal"),
  get_deal_stage_history: words(
    "Lihat riwayat tahap deal",
    "Setiap perpindahan tahap: dari mana, ke mana, kapan, dan oleh siapa.",
  ),
  get_deal_real_creator: words(
    "Lihat pembuat asli deal",
    "Siapa yang membuat deal, meskipun penanggung jawabnya orang lain.",
  ),
  get_deal_full_field: words(
    "Lihat deal beserta semua nama terkait",
    "Deal seperti pada ekspor: kontak, perusahaan, produk, catatan, dan kunjungan dengan namanya.",
  ),
  get_deal_permissions: words(
    "Lihat yang diketahui tentang izin deal",
    "Penanggung jawab dan pembuat asli deal. Qontak tidak menyediakan cara membaca izin yang diberikan.",
  ),
  set_deal_permissions: words(
    "Atur izin deal",
    "Memberi pengguna akses ke deal melalui email; jenis akses yang tidak disebutkan akan dicabut.",
  ),
  list_pipelines: words(
    "Daftar pipeline deal",
    "Pipeline yang dilalui deal.",
  ),
  get_pipeline: words(
    "Lihat pipeline deal",
    "Satu pipeline berdasarkan ID.",
  ),
  list_pipeline_stages: words(
    "Daftar tahap pipeline",
    "Tahap pipeline secara berurutan, beserta peluang menangnya.",
  ),
  ...templateTools("ticket", "tiket"),
  ...recordTools("ticket", "tickets", "tiket"),
  get_ticket_pipelines: words(
    "Lihat pipeline tiket",
    "Pipeline tiket beserta tahap masing-masing.",
  ),
  ...templateTools("task", "tugas"),
  ...recordTools("task", "tasks", "tugas"),
  list_task_categories: words(
    "Daftar kategori tugas",
    "Kategori yang dapat dimiliki tugas.",
  ),
  create_task_category: words(
    "Buat kategori tugas",
    "Membuat kategori tugas baru.",
  ),
  delete_task_category: words(
    "Hapus kategori tugas",
    "Menghapus kategori tugas secara permanen.",
  ),
  ...recordTools("note", "notes", "catatan"),
  list_notes: words(
    "Daftar catatan",
    "Catatan pada satu kontak, perusahaan, atau deal.",
  ),
  ...recordTools("product", "products", "produk"),
  ...recordTools(
    "products_association",
    "products_associations",
    "kaitan produk",
  ),
  ...geolocationTools,
  query_records: words(
    "Hitung, jumlahkan, kelompokkan, atau cari data",
    "Menjawab pertanyaan berdasarkan semua data sejenis, misalnya nilai deal terbuka per tahap dan bulan.",
  ),
  search: words(
    "Cari data",
    "Menemukan perusahaan, kontak, deal, tiket, tugas, dan produk menurut nama, kata, telepon, email, atau ID.",
  ),
  fetch: words(
    "Ambil satu data",
    "Satu hasil pencarian secara lengkap, beserta catatannya.",
  ),
  get_account_overview: words(
    "Lihat ringkasan perusahaan atau kontak",
    "Orang, deal, tiket, tugas, dan catatan terakhir dari satu perusahaan atau kontak, secara ringkas.",
  ),
  find_duplicates: words(
    "Temukan data ganda",
    "Kelompok data yang kemungkinan sama menurut telepon, email, dan nama, beserta buktinya.",
  ),
  undo_change: words(
    "Batalkan perubahan",
    "Mengembalikan perubahan yang dibuat melalui server ini.",
  ),
  change_records: words(
    "Ubah banyak data",
    "Membuat, mengubah, atau menghapus hingga 500 data sekaligus.",
  ),
};
