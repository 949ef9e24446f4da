// Zips as nobody's packer makes them, for tests: every field of an entry can be a lie.
import { crc32, deflateRawSync } from "node:zlib";

export interface ZipEntry {
  readonly name: string | Buffer;
  readonly content?: string | Buffer;
  /** Of Unix, with the kind of the file. */
  readonly mode?: number;
  readonly flags?: number;
  readonly method?: number;
  /** What the zip says of its size. */
  readonly size?: number;
  readonly crc?: number;
  readonly extra?: Buffer;
  /** The name that its own header has. */
  readonly localName?: string;
}

export function zipOf(entries: readonly ZipEntry[]): Buffer {
  const files: Buffer[] = [];
  const directory: Buffer[] = [];
  let offset = 0;
  for (const { name, content = "", mode = 0, flags = 0, method = 8, extra = Buffer.alloc(0), localName, ...said } of entries) {
    const plain = Buffer.from(content as string);
    const packed = method === 8 ? deflateRawSync(plain) : plain;
    const facts = Buffer.alloc(16); // time, crc, packed, size
    facts.writeUInt32LE(said.crc ?? crc32(plain), 4);
    facts.writeUInt32LE(packed.length, 8);
    facts.writeUInt32LE(said.size ?? plain.length, 12);
    const head = (signature: number, versions: readonly number[]): Buffer => {
      const bytes = Buffer.alloc(4 + 2 * (versions.length + 2));
      bytes.writeUInt32LE(signature, 0);
      for (const [index, value] of [...versions, flags, method].entries()) bytes.writeUInt16LE(value, 4 + 2 * index);
      return bytes;
    };
    const lengths = (values: readonly number[]): Buffer => {
      const bytes = Buffer.alloc(2 * values.length);
      for (const [index, value] of values.entries()) bytes.writeUInt16LE(value, 2 * index);
      return bytes;
    };
    const [raw, local] = [Buffer.from(name as string), Buffer.from(localName ?? (name as string))];
    const attributes = Buffer.alloc(8);
    attributes.writeUInt32LE((mode << 16) >>> 0, 0);
    attributes.writeUInt32LE(offset, 4);
    const file = Buffer.concat([head(0x04034b50, [20]), facts, lengths([local.length, 0]), local, packed]);
    directory.push(head(0x02014b50, [0x0314, 20]), facts, lengths([raw.length, extra.length, 0, 0, 0]), attributes, raw, extra);
    files.push(file);
    offset += file.length;
  }
  const central = Buffer.concat(directory);
  const end = Buffer.alloc(22);
  end.writeUInt32LE(0x06054b50, 0);
  end.writeUInt16LE(entries.length, 8);
  end.writeUInt16LE(entries.length, 10);
  end.writeUInt32LE(central.length, 12);
  end.writeUInt32LE(offset, 16);
  return Buffer.concat([...files, central, end]);
}
