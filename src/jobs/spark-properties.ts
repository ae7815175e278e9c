/** The job's own file of Spark properties, for values that must not be seen among a process's arguments. */
export const PROPERTIES_FILE = 'spark-swarm-job.properties';

/** Whether Spark itself hides the value of this property. Source: `spark.redaction.regex`, 4.2. */
export function isSecretKey(key: string): boolean {
  return /secret|password|token|access[.]?key|api[.]?key|credential/i.test(key);
}

/** Lines of a Java properties file; it is read as UTF-8. Source: java.util.Properties.load */
export function formatProperties(entries: readonly (readonly [key: string, value: string])[]): string {
  return entries.map(([key, value]) => `${escape(key)}=${escape(value)}\n`).join('');
}

const NAMED: Readonly<Record<string, string>> = { '\n': '\\n', '\r': '\\r', '\t': '\\t', '\f': '\\f' };

/** Blanks are escaped too, because Java drops those that a value begins with. */
function escape(text: string): string {
  return text.replaceAll(/[\\:=#! \n\r\t\f]/g, (letter) => NAMED[letter] ?? `\\${letter}`);
}
