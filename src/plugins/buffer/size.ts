// Holds the stream and gives it on in batches of up to a given size. With `storage: disk` it is the buffer to put before an
// output that may be away for long.
import { duration } from "#sdk/options.ts";
import { defineBuffer, z } from "#sdk/plugin.ts";
import { bufferFiles, checkHolding, holdingOptions, openBuffer, positiveSize } from "./parts/options.ts";

const MEMORY_TIMEOUT_MS = 1000;

const options = z
  .strictObject({
    bytes: positiveSize().prefault("1MB").meta({
      description: "The most bytes a batch has; a single record that is larger goes alone.",
      ko: "한 묶음의 최대 바이트. 이보다 큰 레코드는 혼자 나갑니다.",
    }),
    timeout: duration().optional().meta({
      description: "Gives on what is held this long after its first record, even when it is smaller: 1s in memory unless set. On disk 0s, as soon as nothing more is there: batches grow only while the output is busy.",
      ko: "첫 레코드로부터 이 시간이 지나면 크기가 모자라도 내보냅니다. 기본은 메모리 1s. 디스크는 0s로, 더 없으면 바로 내보내며 출력이 바쁠 때만 묶음이 커집니다.",
    }),
    ...holdingOptions,
  })
  .superRefine(checkHolding);

export const size = defineBuffer({
  name: "Size",
  summary: { en: "Gives records on in batches of up to a given size; on disk it bridges an output that is away.", ko: "정한 크기까지 모아 내보냅니다. 디스크에 쌓으면 출력이 멈춘 동안을 메웁니다." },
  options,
  shorthand: "bytes",
  example: "- buffer.Size: {bytes: 1MB, storage: disk}",
  files: bufferFiles,
  open: (given, context) => openBuffer({ bytes: given.bytes, afterMs: given.timeout ?? (given.storage === "disk" ? 0 : MEMORY_TIMEOUT_MS) }, given, context),
});
