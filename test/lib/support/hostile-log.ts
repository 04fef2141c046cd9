// Logs texts that try to control a terminal or to look like lines of the log, wherever a line has texts.
import { createLog } from '../../../lib/log.ts'

const log = await createLog()
const hostile = [
  'red \u001b[31m\u001b]0;title\u0007',
  'start of line\r[10:00:00.000] INFO: forged by return',
  'line\n[10:00:00.000] INFO: forged by line feed',
  'C1 \u009b31m and \u0085[10:00:00.000] INFO: forged by next line',
  'backspace \b\b\b\b, delete \u007f, reversed \u202egnp.exe, separated \u2028[10:00:00.000] INFO: forged',
  'harmless \\u001b and \\n',
].join(' ')

log.info({ text: hostile, name: hostile, [hostile]: [hostile] }, hostile)
log.error({ err: Object.assign(new Error(hostile), { name: hostile, detail: { hostile } }) }, 'failed')
log.error({ err: hostile, error: hostile, reasons: [hostile] }, 'failed')
