/** Lines of a config, and the command, that fill a list without processes. */
export const PROCESS_EXAMPLE = `processes:
  etl:
    command: [python3, etl.py]

# dure process create etl --definition '{"command": ["python3", "etl.py"]}'`;
