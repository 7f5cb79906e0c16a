export async function benchFoldIn(_args: readonly string[]): Promise<void> {}
