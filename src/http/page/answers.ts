/**
 * The answers to the questions of the page, made by `deno task docs` from the
 * sandbox.
 *
 * @module
 */
import type { Answer } from "./examples.ts";

/** What the page keeps of each answer, by the question. */
export const answers: Readonly<Record<string, Answer>> = {
  "ask-pipeline": {
    "facts": {
      "records.0.crm_stage_name": "Proposal Sent",
      "records.0.sum:size": {
        "IDR": 944360000,
      },
      "records.0.count": 5,
      "records.0.weighted:size": {
        "IDR": 472180000,
      },
    },
    "rows": [
      [
        "Proposal Sent",
        5,
        {
          "IDR": 944360000,
        },
        {
          "IDR": 472180000,
        },
      ],
      [
        "Evaluasi & Negosiasi",
        5,
        {
          "IDR": 342922000,
        },
        {
          "IDR": 240045400,
        },
      ],
      [
        "New Inquiry",
        5,
        {
          "IDR": 270780000,
        },
        {
          "IDR": 13539000,
        },
      ],
      [
        "Penawaran Masuk",
        4,
        {
          "IDR": 161795000,
        },
        {
          "IDR": 80897500,
        },
      ],
      [
        "Negotiation",
        4,
        {
          "IDR": 154080000,
        },
        {
          "IDR": 115560000,
        },
      ],
    ],
  },
  "ask-winners": {
    "facts": {
      "records.0.creator_name": "Bagas Pratama",
      "records.0.sum:size": {
        "IDR": 163056000,
      },
      "matched": 10,
    },
    "rows": [
      [
        "Bagas Pratama",
        2,
        {
          "IDR": 163056000,
        },
      ],
      [
        "Andreas Wijaya",
        1,
        {
          "IDR": 105750000,
        },
      ],
      [
        "Yohanes Tambunan",
        2,
        {
          "IDR": 101326000,
        },
      ],
      [
        "Ratna Kusumawardani",
        2,
        {
          "IDR": 39563000,
        },
      ],
      [
        "Siti Nurhaliza Rahman",
        2,
        {
          "IDR": 12325000,
        },
      ],
    ],
  },
  "ask-visit": {
    "facts": {
      "open_deals.total": 4,
      "open_deals.value": {
        "IDR": 225080000,
      },
      "lost.total": 1,
      "open_tickets.records.0.name":
        "Pengiriman terlambat tiga hari - PT Nusa Logam Presisi",
    },
    "rows": [
      [
        "Meja Kantor 140 cm - PT Nusa Logam Presisi",
        "Proposal Sent",
        154780000,
      ],
      [
        "Kursi Kerja Ergonomis - PT Nusa Logam Presisi",
        "Negotiation",
        70300000,
      ],
      [
        "Mesin Penghancur Kertas - PT Nusa Logam Presisi",
        "Dokumen Disiapkan",
        null,
      ],
      [
        "Hand Pallet 2,5 Ton - PT Nusa Logam Presisi",
        "Info Tender",
        null,
      ],
    ],
  },
  "ask-proposals": {
    "facts": {
      "matched": 5,
      "records.0.creator_name": "Andreas Wijaya",
    },
    "rows": [
      [
        "Hand Pallet 2,5 Ton - PT Arunika Properti",
        "Andreas Wijaya",
        374400000,
      ],
      [
        "Hand Pallet 2,5 Ton - Dinas Pendidikan Kota Wanasari",
        "Fitri Handayani",
        214500000,
      ],
      [
        "Meja Kantor 140 cm - PT Nusa Logam Presisi",
        "Yohanes Tambunan",
        154780000,
      ],
      [
        "Mesin Penghancur Kertas - RSUD Harapan Sehat",
        "Yohanes Tambunan",
        129000000,
      ],
      [
        "Toner Hitam - PT Mandala Otomotif Perkasa",
        "Siti Nurhaliza Rahman",
        71680000,
      ],
    ],
  },
  "ask-tickets": {
    "facts": {
      "matched": 24,
      "records.0.ticket_stage_name": "Eskalasi",
      "records.0.count": 7,
    },
    "rows": [
      [
        "Eskalasi",
        7,
      ],
      [
        "Baru",
        4,
      ],
      [
        "Ditugaskan",
        4,
      ],
      [
        "Assigned",
        3,
      ],
      [
        "In Progress",
        3,
      ],
    ],
  },
  "ask-sources": {
    "facts": {
      "records.0.crm_source_name": "Telemarketing",
      "matched": 20,
      "records_read": 40,
    },
    "rows": [
      [
        "Telemarketing",
        6,
      ],
      [
        "Website",
        5,
      ],
      [
        "WhatsApp",
        5,
      ],
      [
        "Pameran",
        3,
      ],
      [
        "Referensi",
        1,
      ],
    ],
  },
  "ask-required": {
    "facts": {
      "optional_fields": 90,
    },
    "rows": [
      [
        "Pipeline",
        "select",
      ],
      [
        "Stage",
        "select",
      ],
      [
        "Deal Name",
        "text",
      ],
      [
        "Deal Size",
        "number",
      ],
      [
        "Metode Pembayaran",
        "select",
      ],
    ],
  },
  "ask-change": {
    "facts": {
      "name": "Toner Hitam - CV Cipta Boga Rasa",
    },
    "rows": [
      [
        "Stage",
        "Negotiation (id 398115)",
        "Proposal Sent (id 398114)",
      ],
      [
        "Deal Size",
        24320000,
        31500000,
      ],
    ],
  },
};
