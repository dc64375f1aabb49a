// @ts-check
/** The files in what was dropped on the page, those inside folders too. */

/** The path of each file in the folder that was dropped. @type {WeakMap<File, string>} */
const paths = new WeakMap();

/**
 * The path of a file within the folder it came from, or its name.
 * @param {File} file
 */
export const pathOf = (file) => paths.get(file) || file.webkitRelativePath || file.name;

/**
 * @param {DataTransfer} dropped
 * @returns {Promise<{files: File[], folders: number}>}
 */
export async function filesIn(dropped) {
  // Entries have to be taken before the first wait: the browser then empties the transfer.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const folders = entries.filter((entry) => entry?.isDirectory).length;
  if (!folders) return { files: [...dropped.files], folders };
  const found = await Promise.all(entries.map((entry) => (entry ? filesBelow(entry) : [])));
  return { files: found.flat(), folders };
}

/** @param {FileSystemEntry} entry @returns {Promise<File[]>} */
async function filesBelow(entry) {
  if (entry.isFile) {
    const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry)).catch(() => null);
    if (file) paths.set(file, entry.fullPath.replace(/^\//, ""));
    return file ? [file] : [];
  }
  const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
  const files = [];
  // A reader gives some entries at a time, and none at the end.
  for (let batch = await entriesOf(reader); batch.length; batch = await entriesOf(reader)) {
    const sorted = batch.sort((a, b) => (a.name < b.name ? -1 : 1));
    for (const each of sorted) files.push(...(await filesBelow(each)));
  }
  return files;
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
