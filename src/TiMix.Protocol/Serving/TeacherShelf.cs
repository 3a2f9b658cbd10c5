namespace TiMix.Protocol.Serving;

/// <summary>Which versions of the teacher a mixer has, which are on their way, and when it last asked for those that it lacks.</summary>
internal sealed class TeacherShelf
{
    private readonly SortedSet<long> _here = [];
    private readonly SortedSet<long> _coming = [];
    private readonly SortedDictionary<long, (long At, int Times)> _wanted = [];

    /// <summary>Whether the version is here.</summary>
    public bool Has(long version) => _here.Contains(version);

    /// <summary>Somebody offers a version; true: it is to be fetched.</summary>
    public bool Offered(long version) => !_here.Contains(version) && _coming.Add(version);

    /// <summary>It has been fetched, or was gone.</summary>
    public void Fetched(long version, bool here)
    {
        _coming.Remove(version);
        if (here)
        {
            _here.Add(version);
            _wanted.Remove(version);
        }
    }

    /// <summary>A version is lacking; how often it has been asked for before, or null: it is on its way, or was asked for a moment ago.</summary>
    /// <param name="version">Which.</param>
    /// <param name="now">Milliseconds.</param>
    /// <param name="again">Milliseconds between two requests.</param>
    public int? Want(long version, long now, long again)
    {
        if (_coming.Contains(version) || (_wanted.TryGetValue(version, out var wanted) && now - wanted.At < again))
        {
            return null;
        }

        _wanted[version] = (now, wanted.Times + 1);
        return wanted.Times;
    }

    /// <summary>Takes those away that are older than a version.</summary>
    /// <returns>Those that were here.</returns>
    public IReadOnlyList<long> TakeOlderThan(long version)
    {
        var old = _here.TakeWhile(key => key < version).ToList();
        old.ForEach(key => _here.Remove(key));
        foreach (var key in _wanted.Keys.TakeWhile(key => key < version).ToList())
        {
            _wanted.Remove(key);
        }

        return old;
    }

    /// <summary>Takes all away: what is on its way counts no more either.</summary>
    /// <returns>Those that were here.</returns>
    public IReadOnlyList<long> TakeAll()
    {
        _coming.Clear();
        _wanted.Clear();
        long[] all = [.. _here];
        _here.Clear();
        return all;
    }
}
