// A small real job in the layout that Talend exports, for tests. Its one class is kept as it was compiled (`javac --release 8 -g:none`), so that java alone is needed:
//
//   package etl.daily_0_1;
//   public class Daily {
//       public static void main(String[] args) throws java.io.IOException {
//           java.io.PrintStream out = new java.io.PrintStream(System.out, true, "UTF-8");
//           for (String arg : args) out.println(arg);
//           java.io.BufferedReader in = new java.io.BufferedReader(new java.io.InputStreamReader(System.in, "UTF-8"));
//           for (String line = in.readLine(); line != null; line = in.readLine()) {
//               out.println("done " + line);
//               System.err.println();
//           }
//       }
//   }
import { zipOf } from "../programs/zip.testing.ts";

const LAUNCHER = `#!/bin/sh
cd \`dirname $0\`
ROOT_PATH=\`pwd\`
java -cp .:$ROOT_PATH:$ROOT_PATH/../lib/*:$ROOT_PATH/daily_0_1.jar: etl.daily_0_1.Daily "$@"
`;
const LAUNCHER_OF_WINDOWS = "%~d0\r\ncd %~dp0\r\njava -cp .;../lib/*;daily_0_1.jar; etl.daily_0_1.Daily %*\r\n";
const CLASS =
  "yv66vgAAADQASAoAAgADBwAEDAAFAAYBABBqYXZhL2xhbmcvT2JqZWN0AQAGPGluaXQ+AQADKClWBwAIAQATamF2YS9pby9QcmludFN0cmVhbQkACgALBwAMDAANAA4BABBqYXZhL2xhbmcvU3lzdGVtAQADb3V0AQAVTGphdmEvaW8vUHJpbnRTdHJlYW07CAAQAQAFVVRGLTgKAAcAEgwABQATAQAsKExqYXZhL2lvL091dHB1dFN0cmVhbTtaTGphdmEvbGFuZy9TdHJpbmc7KVYKAAcAFQwAFgAXAQAHcHJpbnRsbgEAFShMamF2YS9sYW5nL1N0cmluZzspVgcAGQEAFmphdmEvaW8vQnVmZmVyZWRSZWFkZXIHABsBABlqYXZhL2lvL0lucHV0U3RyZWFtUmVhZGVyCQAKAB0MAB4AHwEAAmluAQAVTGphdmEvaW8vSW5wdXRTdHJlYW07CgAaACEMAAUAIgEAKihMamF2YS9pby9JbnB1dFN0cmVhbTtMamF2YS9sYW5nL1N0cmluZzspVgoAGAAkDAAFACUBABMoTGphdmEvaW8vUmVhZGVyOylWCgAYACcMACgAKQEACHJlYWRMaW5lAQAUKClMamF2YS9sYW5nL1N0cmluZzsHACsBABdqYXZhL2xhbmcvU3RyaW5nQnVpbGRlcgoAKgADCAAuAQAFZG9uZSAKACoAMAwAMQAyAQAGYXBwZW5kAQAtKExqYXZhL2xhbmcvU3RyaW5nOylMamF2YS9sYW5nL1N0cmluZ0J1aWxkZXI7CgAqADQMADUAKQEACHRvU3RyaW5nCQAKADcMADgADgEAA2VycgoABwA6DAAWAAYHADwBABNldGwvZGFpbHlfMF8xL0RhaWx5AQAEQ29kZQEABG1haW4BABYoW0xqYXZhL2xhbmcvU3RyaW5nOylWAQANU3RhY2tNYXBUYWJsZQcAQgEAE1tMamF2YS9sYW5nL1N0cmluZzsHAEQBABBqYXZhL2xhbmcvU3RyaW5nAQAKRXhjZXB0aW9ucwcARwEAE2phdmEvaW8vSU9FeGNlcHRpb24AIQA7AAIAAAAAAAIAAQAFAAYAAQA9AAAAEQABAAEAAAAFKrcAAbEAAAAAAAkAPgA/AAIAPQAAAKYABgAGAAAAcbsAB1myAAkEEg+3ABFMKk0svj4DNgQVBB2iABUsFQQyOgUrGQW2ABSEBAGn/+u7ABhZuwAaWbIAHBIPtwAgtwAjTSy2ACZOLcYAKCu7ACpZtwAsEi22AC8ttgAvtgAztgAUsgA2tgA5LLYAJk6n/9qxAAAAAQBAAAAAIwAE/wAWAAUHAEEHAAcHAEEBAQAA+AAX/QAYBwAYBwBD+gAoAEUAAAAEAAEARgAA";

/** `daily_0.1.zip`: first prints its arguments, then for each line that it reads `done LINE`, and an empty line on its standard error. */
export function talendJob(): Buffer {
  const jar = zipOf([{ name: "META-INF/MANIFEST.MF", content: "Manifest-Version: 1.0\n" }, { name: "etl/daily_0_1/Daily.class", content: Buffer.from(CLASS, "base64") }]);
  return zipOf([
    { name: "jobInfo.properties", content: "project=ETL\njob=daily\njobVersion=0.1\ncontextName=Default\n" },
    { name: "daily/daily_run.sh", content: LAUNCHER },
    { name: "daily/daily_run.bat", content: LAUNCHER_OF_WINDOWS },
    { name: "daily/daily_0_1.jar", content: jar },
    { name: "lib/routines.jar", content: zipOf([{ name: "META-INF/MANIFEST.MF", content: "Manifest-Version: 1.0\n" }]) },
  ]);
}
