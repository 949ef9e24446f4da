/** The key a bare line gets when it must become a record: what Fluentd's users expect. */
export const LINE_KEY = "message";
