/**
 * What `GET /companies/info` answers. The standard fields are those of Qontak's
 * collection; the choices and the custom fields are invented.
 *
 * @module
 */

import type { Descriptor } from "../template.ts";
import {
  flaggedField,
  optionsFrom,
  standardField,
  type StandardRow,
  USER_OPTIONS,
} from "./contact_template.ts";
import { buildFields, type CustomField, type FieldRow } from "./deal_fields.ts";

const TEXT = "Single-line text";
const SELECT = "Dropdown select";

const STANDARD: readonly StandardRow[] = [
  ["name", "Company Name", TEXT, null, true],
  ["website", "Website"],
  ["creator_id", "Owner", SELECT, USER_OPTIONS, true],
  // Its body key is `telephone`.
  ["crm_phones", "Telephone"],
  // It has no body key at all.
  ["crm_location_address_map", "Address (Google Map)"],
  ["address", "Address"],
  ["country", "Country"],
  ["province", "Province"],
  ["city", "City"],
  ["zipcode", "Zip Code"],
  [
    "industry_id",
    "Industry",
    SELECT,
    optionsFrom(
      14_601,
      "Manufaktur",
      "Kesehatan",
      "Pendidikan",
      "Pemerintahan",
      "Logistik",
      "Makanan & Minuman",
      "Properti",
      "Energi",
      "Media",
      "Otomotif",
    ),
  ],
  [
    "crm_type_id",
    "Type",
    SELECT,
    optionsFrom(
      22_750,
      "Prospek",
      "Pelanggan",
      "Mitra",
      "Pemasok",
      "Pesaing",
    ),
  ],
  ["number_of_employees", "Number of Employees", "Number"],
  [
    "crm_source_id",
    "Source",
    SELECT,
    optionsFrom(71_260, "Website", "Referensi", "Pameran", "Portal LPSE"),
  ],
  ["annual_revenue", "Annual Revenues", "Number"],
  ["business_reg_number", "Business Registration Number"],
  ["ancestry", "Parent Company", "Number"],
];

const CUSTOM: readonly FieldRow[] = [
  ["npwp_perusahaan", "NPWP Perusahaan", TEXT, ["01.234.567.8-901.000"]],
  ["company_size_4", "Skala Usaha", SELECT, ["Mikro", "Kecil", "Besar"]],
  ["product_interest", "Minat Produk", "Multiple select", [
    "Alat Tulis Kantor",
    "Furnitur",
    "Elektronik",
    "Alat Pelindung Diri",
  ]],
  ["branch_total", "Jumlah Cabang", "Number"],
  ["loyalty_discount", "Diskon Loyalitas (%)", "Percentage"],
  ["contract_expiry", "Akhir Kontrak", "Date"],
  ["annual_review_at", "Jadwal Evaluasi", "Date time"],
  ["shipping_address_2", "Alamat Gudang", "Text Area", [
    "Kawasan Industri Blok F-2",
    "Jl. Pelabuhan Raya No. 17",
  ]],
  ["catalog_url", "Tautan Katalog", "URL", ["https://katalog.example.co.id"]],
  ["nib_file", "Berkas NIB", "Upload"],
  ["front_photo", "Foto Depan", "Photo"],
  ["head_office_location", "Lokasi Kantor Pusat", "gps", [
    "-6.2088, 106.8456",
  ]],
  // Dropdowns without a single option, as Qontak's OpenAPI shows them.
  ["address_picker_province", "Provinsi", SELECT],
  ["address_picker_city", "Kota", SELECT],
];

/** The custom fields of companies. Some have `required: null`, none is true. */
export const COMPANY_FIELDS: readonly CustomField[] = buildFields(
  CUSTOM,
  8_302_116,
  2_204_870,
  (_, index) => ({ required: index % 2 === 0 ? null : false }),
);

/** The template of companies. */
export const COMPANY_TEMPLATE: readonly Descriptor[] = [
  ...STANDARD.map(standardField),
  ...COMPANY_FIELDS.map(flaggedField),
];
