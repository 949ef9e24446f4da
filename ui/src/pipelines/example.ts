/** Lines of a config that fill what is empty. */
export const EXAMPLE = `pipelines:
  hello:
    - in.FakeData
    - out.Stdout`;
