using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Values;

namespace TiMix.Protocol.Coordination;

/// <summary>What becomes of a node that asks what the run is.</summary>
/// <param name="Why">It is refused; null: it is not.</param>
/// <param name="Waits">Nothing can be said yet; it asks again.</param>
/// <param name="IsNews">It was not refused a moment ago.</param>
internal sealed record Verdict(JoinRefusal? Why, bool Waits = false, bool IsNews = false)
{
    public static readonly Verdict Welcome = new(Why: null);
    public static readonly Verdict Later = new(Why: null, Waits: true);
}

/// <summary>
/// Who may take part. A name belongs to one process: another one that claims it is told nothing until it is known whether the first one lives. One that has
/// died falls silent, and its successor takes the name over; one that goes on speaking lives, and its namesake is refused.
/// </summary>
/// <param name="run">What the run is known by; null: everybody is welcome who has a name of its own.</param>
/// <param name="lease">Milliseconds for which a trainer may say nothing.</param>
internal sealed class Admission(RunIdentity? run, long lease)
{
    /// <summary>However long a lease is, a name is given away after so many milliseconds of silence.</summary>
    public const long LongestSilence = 10_000;

    /// <summary>
    /// A node that does not see the run's id where its directory should be is not refused before so many milliseconds: a share shows a new file late to who
    /// has looked for it before.
    /// </summary>
    public const long ShareDelay = 35_000;

    /// <summary>
    /// Milliseconds for which a holder must have lived beside the one who claims its name, by its own clock: what it is heard to say may have been on its
    /// way for long when it died.
    /// </summary>
    public const long Proof = 1_500;

    /// <summary>A new coordinator knows nobody: for so many milliseconds the older process of two has the name, whoever spoke first.</summary>
    public const long Introduction = 5_000;

    /// <summary>A refusal is told the run's user again after so many milliseconds.</summary>
    private const long Again = 60_000;

    /// <summary>Refusals and claims that are kept at most: whoever has the token could make up any number of names.</summary>
    private const int Most = 256;

    /// <summary>When a process began is known the better the oftener it is heard: a message may come late, never early.</summary>
    private sealed record Holder(string From, string Address, long BeganAt, long HeardAt, bool IsBuried = false, bool Succeeds = false);

    private sealed record Rival(string Node, long BeganAt, bool HolderLives, long HeardAt);

    /// <summary>Without a word for so long the holder of a name is taken for dead by one who claims it; it, or its services, speak every second.</summary>
    private readonly long _silence = Math.Min(lease, LongestSilence);
    private readonly Dictionary<string, long> _blind = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Holder> _holders = new(StringComparer.Ordinal);
    private readonly Dictionary<string, Rival> _rivals = new(StringComparer.Ordinal);
    private readonly Dictionary<(string Node, JoinRefusalKind Kind), long> _told = [];
    private long? _startedAt;

    /// <summary>Judges a node.</summary>
    /// <param name="from">Whose message it was.</param>
    /// <param name="asked">What it says.</param>
    /// <param name="now">Milliseconds.</param>
    public Verdict Judge(string from, NodeMessages.DescribeRun asked, long now)
    {
        _startedAt ??= now;
        if (IsBlind(from, asked.Claim, now))
        {
            return Verdict.Later;
        }

        var why = asked.Claim is { } claim ? WhyNot(claim) : run is null ? null : new JoinRefusal(JoinRefusalKind.OtherVersion, "an older one", run.Version);
        return why is not null ? Refuse(asked.Node, why, now) : JudgeName(from, asked, now);
    }

    /// <summary>A trainer or a service of a node has spoken: the node lives.</summary>
    public void Hear(string node, long now)
    {
        if (_holders.TryGetValue(node, out var holder))
        {
            _holders[node] = holder with { HeardAt = now };
        }
    }

    /// <summary>A node's process, known or not, has died: its name is free for a younger one.</summary>
    public void Bury(string node, long now)
    {
        if (_holders.TryGetValue(node, out var holder) || _holders.Count < Most)
        {
            _holders[node] = (holder ?? new Holder("", "", long.MinValue, now)) with { IsBuried = true };
        }
    }

    /// <summary>The coordinator itself was away: nobody is taken for dead for the silence.</summary>
    public void Wake(long now)
    {
        foreach (var (name, holder) in _holders.ToList())
        {
            _holders[name] = holder with { HeardAt = now };
        }
    }

    /// <summary>Forgets those who have been silent for long.</summary>
    public void Forget(long now)
    {
        foreach (var (from, _) in _rivals.Where(rival => now - rival.Value.HeardAt > 2 * LongestSilence).ToList())
        {
            _rivals.Remove(from);
        }

        foreach (var (name, _) in _holders.Where(holder => now - holder.Value.HeardAt > Again).ToList())
        {
            _holders.Remove(name);
        }

        foreach (var (from, _) in _blind.Where(blind => now - blind.Value > 2 * ShareDelay).ToList())
        {
            _blind.Remove(from);
        }

        foreach (var (what, _) in _told.Where(told => now - told.Value > Again).ToList())
        {
            _told.Remove(what);
        }
    }

    private JoinRefusal? WhyNot(JoinClaim claim)
    {
        var wants = claim.Wants;
        return run is null ? null
            : wants.Run != run.Run ? new JoinRefusal(JoinRefusalKind.OtherRun, wants.Run, run.Run)
            : wants.Version != run.Version ? new JoinRefusal(JoinRefusalKind.OtherVersion, wants.Version, run.Version)
            : claim.Roles.Any(NeedsDirectory) && run.RunId is not null && wants.RunId != run.RunId
                ? new JoinRefusal(JoinRefusalKind.OtherDirectory, wants.Place, run.Place)
            : claim.Roles.Contains(NodeRoles.Coordinator) && wants.RecipeHash is { } hash && run.RecipeHash is { } own && hash != own
                ? new JoinRefusal(JoinRefusalKind.OtherRecipe, hash, run.Place)
            : null;
    }

    private bool IsBlind(string from, JoinClaim? claim, long now)
    {
        if (run?.RunId is null || claim is not { Wants.RunId: null } || claim.Wants.Run != run.Run || !claim.Roles.Any(NeedsDirectory))
        {
            return false;
        }

        if (!_blind.TryGetValue(from, out var since) && _blind.Count < Most)
        {
            _blind[from] = since = now;
        }

        return now - since < ShareDelay;
    }

    /// <summary>Snapshots and the audit are written there and read there; a loader or a mixer needs nothing of it.</summary>
    private static bool NeedsDirectory(string role) => role is NodeRoles.Coordinator or NodeRoles.Trainer or NodeRoles.Evaluator;

    private Verdict JudgeName(string from, NodeMessages.DescribeRun asked, long now)
    {
        var (address, began) = (asked.Claim?.Address ?? from, now - (long)(1000 * (asked.Claim?.UpSeconds ?? 0)));
        var holder = _holders.GetValueOrDefault(asked.Node);
        if (holder?.From == from)
        {
            _holders[asked.Node] = holder = holder with { BeganAt = Math.Min(holder.BeganAt, began), HeardAt = now, IsBuried = false };
            Confirm(asked.Node, holder.BeganAt + now - began);
            return Verdict.Welcome;
        }

        // That a process has died may be told when its successor is there already, and what it said may come later still.
        var succeeds = holder is { IsBuried: true } && began > holder.BeganAt;
        if (holder is null || succeeds || holder.Address == address || now - holder.HeardAt > _silence
            || (!holder.Succeeds && now - _startedAt < Introduction && began + Proof < holder.BeganAt))
        {
            _holders[asked.Node] = new Holder(from, address, began, now, Succeeds: succeeds);
            _rivals.Remove(from);
            return Verdict.Welcome;
        }

        var rival = _rivals.GetValueOrDefault(from) ?? new Rival(asked.Node, began, HolderLives: false, now);
        if (_rivals.ContainsKey(from) || _rivals.Count < Most)
        {
            _rivals[from] = rival with { BeganAt = Math.Min(rival.BeganAt, began), HeardAt = now };
        }

        return rival.HolderLives ? Refuse(asked.Node, new JoinRefusal(JoinRefusalKind.NameTaken, asked.Node, holder.Address), now) : Verdict.Later;
    }

    /// <summary>The holder of a name has said something.</summary>
    /// <param name="node">The name.</param>
    /// <param name="saidAt">When, by its own clock.</param>
    private void Confirm(string node, long saidAt)
    {
        foreach (var (from, rival) in _rivals.Where(rival => rival.Value.Node == node && saidAt >= rival.Value.BeganAt + Proof).ToList())
        {
            _rivals[from] = rival with { HolderLives = true };
        }
    }

    private Verdict Refuse(string node, JoinRefusal why, long now)
    {
        var isNews = _told.Count < Most && (!_told.TryGetValue((node, why.Kind), out var told) || now - told > Again);
        if (isNews)
        {
            _told[(node, why.Kind)] = now;
        }

        return new Verdict(why, IsNews: isNews);
    }
}
