/**
 * A dropdown that is too long to read out.
 *
 * @module
 */

/** Where the tenant delivers. */
export const CITIES: readonly string[] = [
  ..."Ambon,Balikpapan,Banda Aceh,Bandar Lampung,Bandung,Banjarbaru".split(","),
  ..."Banjarmasin,Batam,Batu,Bekasi,Bengkulu,Bima,Binjai,Bitung".split(","),
  ..."Blitar,Bogor,Bontang,Bukittinggi,Cilegon,Cimahi,Cirebon".split(","),
  ..."Denpasar,Depok,Dumai,Gorontalo,Gresik,Jakarta Barat".split(","),
  ..."Jakarta Pusat,Jakarta Selatan,Jakarta Timur,Jakarta Utara".split(","),
  ..."Jambi,Jayapura,Karawang,Kediri,Kendari,Kupang,Lhokseumawe".split(","),
  ..."Madiun,Magelang,Makassar,Malang,Mamuju,Manado,Mataram,Medan".split(","),
  ..."Mojokerto,Padang,Palangka Raya,Palembang,Palu,Pangkalpinang".split(","),
  ..."Pekalongan,Pekanbaru,Pontianak,Samarinda,Semarang,Sidoarjo".split(","),
  ..."Sorong,Sukabumi,Surabaya,Surakarta,Tangerang,Tarakan".split(","),
  ..."Tasikmalaya,Tegal,Ternate,Yogyakarta".split(","),
];
