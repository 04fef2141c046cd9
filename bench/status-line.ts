/** Replaces the last line of the terminal; writes nothing if the output goes to a file. */
export function showStatus(text: string): void {
  if (process.stderr.isTTY) process.stderr.write(`\r\u001b[K${text}`)
}
