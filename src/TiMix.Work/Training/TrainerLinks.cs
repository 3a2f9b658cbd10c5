using TiMix.Exchange.Groups;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Training;
using TiMix.Protocol.Values;

namespace TiMix.Work.Training;

/// <summary>A trainer's links to the peers of its view.</summary>
/// <param name="settings">The run and the node.</param>
/// <param name="trainer">The trainer's id.</param>
/// <param name="tell">Hears what becomes of the links, on any thread.</param>
public sealed class TrainerLinks(TrainerSettings settings, string trainer, Action<IInput> tell)
{
    private Group? _group;
    private Group? _ahead;
    private CancellationTokenSource _standing = new();

    /// <summary>The peers of the view.</summary>
    /// <exception cref="InvalidOperationException">There is no view.</exception>
    public Group Group => _group ?? throw new InvalidOperationException("There are no links.");

    /// <summary>Ends whatever waits for something over links when they are broken off.</summary>
    public CancellationToken Broken => _standing.Token;

    /// <summary>Does what the core wants done to the links.</summary>
    /// <param name="effect">One that concerns them.</param>
    /// <returns>What is to be disposed of when nothing computes with it any more.</returns>
    public IReadOnlyList<IDisposable> Do(IEffect effect)
    {
        switch (effect)
        {
            case TrainerEffects.Link link:
                var before = Unlink();
                _standing = new CancellationTokenSource();
                _group = Enter(link.View, beside: null);
                return before;
            case TrainerEffects.Unlink:
                return Unlink();
            case TrainerEffects.LinkAhead link:
                var unused = End(ref _ahead);
                _ahead = Enter(link.View, beside: _group);
                return unused;
            case TrainerEffects.UnlinkAhead:
                return End(ref _ahead);
            case TrainerEffects.GoOver when _ahead is not null:
                var over = End(ref _group);
                (_group, _ahead) = (_ahead, null);
                return over;
            default:
                return [];
        }
    }

    /// <summary>Breaks all links off.</summary>
    /// <returns>What is to be disposed of when nothing computes with it any more.</returns>
    public IReadOnlyList<IDisposable> Unlink()
    {
        _standing.Cancel();
        return [.. End(ref _group), .. End(ref _ahead)];
    }

    private static IReadOnlyList<IDisposable> End(ref Group? group)
    {
        var ended = group;
        group = null;
        ended?.Abort();
        return ended is null ? [] : [ended];
    }

    private Group Enter(View view, Group? beside)
    {
        var members = view.Shares.Select(share => new GroupMember(share.Trainer, share.Endpoint, share.First, share.Count)).ToList();
        var group = settings.Exchange.Enter(
            new GroupView(settings.Run, view.Generation, members, settings.Recipe.Optimization.MicroBatches), view.PlaceOf(trainer), beside);
        group.PeerLost += suspect => tell(new TrainerInputs.PeersLost(view.Generation, [suspect.Member]));
        Connect(group, view.Generation);
        return group;
    }

    private async void Connect(Group group, long generation)
    {
        try
        {
            await group.Connected.ConfigureAwait(false);
            tell(new TrainerInputs.LinksStand(generation));
        }
        catch (GroupBrokenException broken)
        {
            tell(new TrainerInputs.PeersLost(generation, [.. broken.Suspects.Select(suspect => suspect.Member)]));
        }
    }
}
