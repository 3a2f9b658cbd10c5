namespace TiMix.Exchange.Links;

/// <summary>What a node has refused, dropped and held since it started.</summary>
public sealed class ExchangeCounters
{
    private long _strangersRefused;
    private long _staleFrames;
    private long _staleLinks;
    private long _hashMismatches;
    private long _brokenFrames;

    /// <summary>Connections that ended before they had proved to know the token.</summary>
    public long StrangersRefused => Interlocked.Read(ref _strangersRefused);

    /// <summary>Frames of another generation, dropped.</summary>
    public long StaleFrames => Interlocked.Read(ref _staleFrames);

    /// <summary>Group links of an older generation, refused.</summary>
    public long StaleLinks => Interlocked.Read(ref _staleLinks);

    /// <summary>Fetched bundles whose bytes were not what the reference says.</summary>
    public long HashMismatches => Interlocked.Read(ref _hashMismatches);

    /// <summary>Links closed because of a frame that makes no sense.</summary>
    public long BrokenFrames => Interlocked.Read(ref _brokenFrames);

    internal void StrangerRefused() => Interlocked.Increment(ref _strangersRefused);

    internal void StaleFrame() => Interlocked.Increment(ref _staleFrames);

    internal void StaleLink() => Interlocked.Increment(ref _staleLinks);

    internal void HashMismatch() => Interlocked.Increment(ref _hashMismatches);

    internal void BrokenFrame() => Interlocked.Increment(ref _brokenFrames);
}
