// The PromQL that a page of documentation tells its readers to ask.

/** Code in columns of tables that are headed `Query`, and code anywhere that aggregates or takes a rate. */
export function queriesOf(page: string): string[] {
  return [...new Set([...inTables(page), ...anywhere(page)])]
}

function inTables(page: string): string[] {
  const tables = page.matchAll(/(?:^\|.*\|\n)+/gm)
  return Array.from(tables, ([table]) => table.trimEnd().split('\n').map(cellsOf)).flatMap(
    ([head = [], , ...rows]) => {
      const column = head.indexOf('Query')
      return rows.flatMap((row) => codeIn(row[column] ?? ''))
    },
  )
}

/** A bar that is no border is escaped. */
const cellsOf = (row: string) =>
  row
    .split(/(?<!\\)\|/)
    .slice(1, -1)
    .map((cell) => cell.trim().replaceAll('\\|', '|'))

const anywhere = (page: string) =>
  codeIn(page.replaceAll('\\|', '|')).filter((code) =>
    /^(sum|count|max|min|rate|increase|histogram_quantile)\b[^()]*\([^)]/.test(code),
  )

const codeIn = (text: string) => Array.from(text.matchAll(/`([^`\n]+)`/g), ([, code = '']) => code)
