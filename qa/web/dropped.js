// @ts-check
/** The files in what was dropped on the page, those inside folders too. */

/** The path of each file in the folder that was dropped. @type {WeakMap<File, string>} */
const paths = new WeakMap();

/**
 * The path of a file within the folder it came from, or its name.
 * @param {File} file
 */
export const pathOf = (file) => paths.get(file) || file.webkitRelativePath || file.name;

/** @typedef {{files: File[], unread: string[]}} Found `unread` are the paths that the browser cannot read */

/**
 * @param {DataTransfer} dropped
 * @returns {Promise<Found & {folders: number}>}
 */
export async function filesIn(dropped) {
  // Entries have to be taken before the first wait: the browser then empties the transfer.
  const entries = [...dropped.items].map((item) => item.webkitGetAsEntry?.() ?? null);
  const folders = entries.filter((entry) => entry?.isDirectory).length;
  if (!folders) return { files: [...dropped.files], folders, unread: [] };
  /** @type {Found} */
  const found = { files: [], unread: [] };
  for (const entry of entries) if (entry) await collect(entry, found);
  return { ...found, folders };
}

/** Adds the files at and below an entry to what was found. @param {FileSystemEntry} entry @param {Found} found */
async function collect(entry, found) {
  const path = entry.fullPath.replace(/^\//, "");
  try {
    if (entry.isFile) {
      const file = await fileOf(/** @type {FileSystemFileEntry} */ (entry));
      paths.set(file, path);
      found.files.push(file);
      return;
    }
    const reader = /** @type {FileSystemDirectoryEntry} */ (entry).createReader();
    // A reader gives some entries at a time, and none at the end.
    for (let batch = await entriesOf(reader); batch.length; batch = await entriesOf(reader)) {
      const sorted = batch.sort((a, b) => (a.name < b.name ? -1 : 1));
      for (const each of sorted) await collect(each, found);
    }
  } catch {
    found.unread.push(path);
  }
}

/** @param {FileSystemFileEntry} entry @returns {Promise<File>} */
const fileOf = (entry) => new Promise((resolve, reject) => entry.file(resolve, reject));

/** @param {FileSystemDirectoryReader} reader @returns {Promise<FileSystemEntry[]>} */
const entriesOf = (reader) => new Promise((resolve, reject) => reader.readEntries(resolve, reject));
