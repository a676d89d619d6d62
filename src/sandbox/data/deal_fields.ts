/**
 * The custom fields of deals, as years of different administrators left them.
 *
 * @module
 */

import type { Descriptor } from "../template.ts";
import { CITIES } from "./cities.ts";
import {
  SALES_PIPELINE_ID as SALES,
  TENDER_PIPELINE_ID as TENDER,
} from "./tenant.ts";

/**
 * Name, label, type, and for a dropdown its options, for a text what people
 * write into it.
 */
export type FieldRow = readonly [
  name: string,
  label: string,
  type: string,
  choices?: readonly string[],
];

const TEXT = "Single-line text";
const AREA = "Text Area";
const SELECT = "Dropdown select";
const MULTIPLE = "Multiple select";
const YES_NO = ["Ya", "Tidak"];

/** Fields whose template shows `required`, false or null, and no lists. */
const FLAGGED: readonly FieldRow[] = [
  ["customer_segment", "Segmen Pelanggan", SELECT, [
    "Korporat",
    "Pemerintah",
    "Pendidikan",
    "Rumah Sakit",
    "Manufaktur",
    "Ritel",
  ]],
  ["service_type", "Jenis Layanan (lama)", SELECT, ["Pengadaan", "Sewa"]],
  ["npwp", "NPWP", TEXT, ["01.234.567.8-901.000", "02.345.678.9-012.000"]],
  ["billing_address", "Alamat Penagihan", AREA, [
    "Jl. Melati No. 8, Cikarang",
    "Gedung Graha Niaga Lt. 3",
  ]],
  ["credit_limit", "Credit Limit (IDR)", "Number"],
  ["credit_term_days", "Credit Term (days)", "Number"],
  ["discount_percentage", "Diskon (%)", "Percentage"],
  ["margin_percentage_3", "Margin (%)", "Percentage"],
  ["survey_date", "Tanggal Survei", "Date"],
  ["first_visit_date", "First Visit Date", "Date"],
  ["meeting_schedule", "Jadwal Meeting", "Date time"],
  ["competitor_name", "Competitor", TEXT, [
    "PT Mitra Kantor",
    "CV Sumber Alat",
  ]],
  ["competitor_price", "Harga Kompetitor", "Number"],
  ["budget_status", "Status Anggaran", SELECT, [
    "Disetujui",
    "Menunggu",
    "Belum Dianggarkan",
  ]],
  ["budget_year", "Tahun Anggaran", "Number"],
  ["decision_maker", "Pengambil Keputusan", TEXT, [
    "Kepala Pengadaan",
    "Direktur Operasional",
  ]],
  ["influencer_name", "Influencer", TEXT, ["Bagian Umum", "Tim K3"]],
  ["customer_website_2", "Website Pelanggan", "URL", [
    "https://pelanggan.example.co.id",
  ]],
  ["existing_vendor", "Vendor Saat Ini", TEXT, [
    "Koperasi Karyawan",
    "Beragam",
  ]],
  ["site_photo", "Foto Lokasi", "Photo"],
  ["warehouse_photo_2", "Foto Gudang", "Photo"],
  ["customer_signature", "Tanda Tangan Pelanggan", "Signature"],
  ["site_location", "Lokasi Proyek", "gps", ["-6.2615, 106.8106"]],
  ["special_request", "Permintaan Khusus", AREA, [
    "Kirim sebelum pukul 10 pagi",
    "Faktur terpisah per cabang",
  ]],
  ["branch_count", "Jumlah Cabang", "Number"],
  ["employee_range_5", "Jumlah Karyawan", SELECT, [
    "< 50",
    "50 - 200",
    "201 - 1.000",
    "> 1.000",
  ]],
  ["purchase_frequency", "Frekuensi Pembelian", SELECT, [
    "Mingguan",
    "Bulanan",
    "Triwulan",
    "Tahunan",
    "Sekali",
  ]],
  ["need_sample", "Perlu Sampel?", SELECT, YES_NO],
  ["sample_sent_date", "Tanggal Kirim Sampel", "Date"],
  ["dealer_name", "Nama Dealer", TEXT, ["Dealer Jaya Abadi", "Dealer Sentosa"]],
  ["internal_notes_9", "Catatan Internal", AREA, [
    "Hubungi lagi setelah tutup buku",
    "Minta persetujuan diskon ke supervisor",
  ]],
  ["legacy_code", "Kode Sistem Lama", TEXT, ["SO-2019-0448", "SO-2020-1173"]],
];

/** Fields whose template shows the two lists. */
const LISTED: readonly FieldRow[] = [
  ["payment_method_12", "Metode Pembayaran", SELECT, [
    "Transfer Bank",
    "Giro",
    "Kredit 30 Hari",
    "Kredit 60 Hari",
    "Virtual Account",
  ]],
  ["tender_deadline", "Batas Akhir Tender", "Date"],
  ["tender_number_7", "Nomor Tender / RFQ", TEXT, [
    "RFQ/2026/X/0312",
    "TDR-884/PBJ/2026",
  ]],
  ["delivery_address_4", "Alamat Pengiriman", AREA, [
    "Kawasan Industri Blok C-7, Gudang 2",
    "Jl. Kenanga Raya No. 21, Loading Dock Timur",
  ]],
  ["delivery_city", "Kota Pengiriman", SELECT, CITIES],
  ["service_type", "Jenis Layanan", SELECT, [
    "Pengadaan Barang",
    "Sewa Peralatan",
    "Instalasi",
    "Perawatan Berkala",
  ]],
  ["product_category_8", "Kategori Produk", MULTIPLE, [
    "Alat Tulis Kantor",
    "Kertas",
    "Furnitur",
    "Elektronik",
    "Alat Pelindung Diri",
    "Perkakas",
    "Kebersihan",
  ]],
  ["delivery_method", "Metode Pengiriman", SELECT, [
    "Armada Sendiri",
    "Ekspedisi Darat",
    "Kargo Laut",
    "Ambil Sendiri",
  ]],
  ["target_delivery_date", "Target Pengiriman", "Date"],
  ["installation_schedule_2", "Jadwal Instalasi", "Date time"],
  ["quotation_number", "Quotation Number", TEXT, [
    "QT-2610-118",
    "QT-2611-027",
  ]],
  ["quotation_file", "File Penawaran", "Upload"],
  ["purchase_order_file", "File PO", "Upload"],
  ["purchase_order_number", "Nomor PO", TEXT, ["PO/5521/XI/26", "4500183377"]],
  ["contract_file_3", "File Kontrak", "Upload"],
  ["contract_start_date", "Mulai Kontrak", "Date"],
  ["contract_end_date", "Akhir Kontrak", "Date"],
  ["bid_bond_value", "Nilai Jaminan Penawaran", "Number"],
  ["bid_bond_bank", "Bank Penjamin", SELECT, [
    "Bank Nusantara",
    "Bank Samudra",
    "Bank Dirgantara",
  ]],
  ["tender_portal", "Portal Tender", "URL", [
    "https://tender.example.co.id/0312",
  ]],
  ["aanwijzing_schedule", "Jadwal Aanwijzing", "Date time"],
  ["evaluation_score", "Nilai Evaluasi (%)", "Percentage"],
  ["tkdn_percentage", "TKDN (%)", "Percentage"],
  ["warranty_months", "Garansi (bulan)", "Number"],
  ["after_sales_scope", "Cakupan Purna Jual", MULTIPLE, [
    "Pelatihan",
    "Kunjungan Berkala",
    "Suku Cadang",
    "Hotline",
  ]],
  ["tax_scheme_6", "Skema Pajak", SELECT, ["PPN", "Non-PPN", "WAPU"]],
  ["principal_approval", "Persetujuan Prinsipal", SELECT, YES_NO],
  ["handover_signature", "Tanda Tangan Serah Terima", "Signature"],
  ["handover_photo", "Foto Serah Terima", "Photo"],
  ["next_review_date", "Tanggal Evaluasi Berikut", "Date"],
  ["referral_partner", "Mitra Referensi", TEXT, ["CV Rekan Dagang", "Alumni"]],
  ["cross_sell_interest", "Minat Produk Lain", MULTIPLE, [
    "Furnitur",
    "Mesin Fotokopi",
    "Seragam",
    "Rak Gudang",
  ]],
];

/** Fields whose template says nothing of being required. */
const BARE: readonly FieldRow[] = [
  ["campaign_code", "Campaign Code", TEXT, ["EXPO-OKT26", "WA-NOV26"]],
  ["lead_score", "Lead Score", "Number"],
  ["utm_url", "UTM URL", "URL", ["https://www.example.co.id/?utm_source=expo"]],
  ["whatsapp_opt_in", "WhatsApp Opt-in", SELECT, YES_NO],
  ["dealer_branch", "Cabang Dealer", TEXT, ["Cikarang", "Rungkut"]],
  ["visit_report_file", "Laporan Kunjungan", "Upload"],
  ["checkpoint_location", "Titik Kunjungan", "gps", ["-7.3305, 112.7650"]],
  ["last_quotation_at", "Penawaran Terakhir", "Date time"],
  ["commission_percentage", "Komisi (%)", "Percentage"],
  ["project_scope", "Ruang Lingkup", AREA, [
    "Pengadaan tahunan untuk 4 gedung",
    "Penggantian alat keselamatan kerja",
  ]],
  ["region_11", "Wilayah", SELECT, ["Barat", "Tengah", "Timur"]],
  ["legacy_status", "Status Lama", SELECT, ["Hot", "Warm", "Cold"]],
  ["sla_tags", "Tag SLA", MULTIPLE, ["Prioritas", "Reguler", "Ekspres"]],
  ["sector_notes", "Catatan Sektor", TEXT, ["BUMN", "Swasta nasional"]],
  ["ebupot_number", "Nomor e-Bupot", TEXT, ["3300007781"]],
  ["approval_reference", "Referensi Persetujuan", TEXT, ["MEMO-118/2026"]],
];

/** Which listed fields are required: pipeline ids and stage ids. */
const REQUIRED: Readonly<
  Record<string, readonly [readonly number[], readonly number[]]>
> = {
  payment_method_12: [[SALES], [398_114, 398_115, 398_116]],
  tender_deadline: [[TENDER], []],
  tender_number_7: [[], [1_204_532, 1_204_533, 1_204_534, 1_204_537]],
  delivery_address_4: [[], [398_116]],
};

/** One custom field, and what people write into it where it is a text. */
export interface CustomField {
  /** The field as the template shows it. */
  readonly descriptor: Descriptor;
  /** Texts for the seeded records. */
  readonly samples: readonly string[];
}

/**
 * Makes custom fields of rows, with ids and option ids that count up from the
 * given ones.
 */
export function buildFields(
  rows: readonly FieldRow[],
  firstId: number,
  firstOptionId: number,
  requirement: (name: string, index: number) => Partial<Descriptor>,
): CustomField[] {
  let optionId = firstOptionId;
  return rows.map(([name, name_alias, type, choices = []], index) => {
    const isChoice = type === SELECT || type === MULTIPLE;
    const dropdown = isChoice
      ? choices.map((choice) => ({ id: optionId++, name: choice }))
      : null;
    return {
      descriptor: {
        id: firstId + index * 7,
        name,
        name_alias,
        additional_field: true,
        type,
        dropdown,
        ...requirement(name, index),
      },
      samples: isChoice ? [] : choices,
    };
  });
}

/** The custom fields of deals, in the template's order. */
export const DEAL_FIELDS: readonly CustomField[] = [
  ...buildFields(FLAGGED, 6_204_118, 1_862_040, (_, index) => ({
    required: index % 3 === 0 ? null : false,
  })),
  ...buildFields(LISTED, 10_482_213, 2_915_300, (name) => {
    const [pipelines, stages] = REQUIRED[name] ?? [[], []];
    return { required_pipeline_ids: pipelines, required_stage_ids: stages };
  }),
  ...buildFields(BARE, 11_730_655, 3_140_870, () => ({})),
];
