namespace TiMix.Exchange.Bundles;

/// <summary>A claim check for a bundle: small enough for any message.</summary>
/// <param name="Endpoint">The store that holds the bytes.</param>
/// <param name="Id">Number within the store, never used twice.</param>
/// <param name="Length">Bytes.</param>
/// <param name="Hash">XXH3 of the bytes.</param>
public sealed record BundleReference(string Endpoint, long Id, long Length, ulong Hash);
