/** Lines of a config, and the command, that fill a list without processes. */
export const PROCESS_EXAMPLE = `processes:
  etl:
    command: [python3, etl.py]

# dure process create etl --definition '{"command": ["python3", "etl.py"]}'`;

/** What a form is filled with for somebody's first process: it answers each line that it is sent, and needs nothing but a shell. */
export const FIRST_PROCESS = { firstName: "hello", firstForm: { command: 'echo ready; while read line; do echo "hello, $line"; done', isShell: true } } as const;
