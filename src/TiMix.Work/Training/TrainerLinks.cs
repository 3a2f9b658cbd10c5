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
    private CancellationTokenSource _standing = new();

    /// <summary>The peers of the view.</summary>
    /// <exception cref="InvalidOperationException">There is no view.</exception>
    public Group Group => _group ?? throw new InvalidOperationException("There are no links.");

    /// <summary>Ends whatever waits for something over links when they are broken off.</summary>
    public CancellationToken Broken => _standing.Token;

    /// <summary>Links to the peers of a view; the links before it have been broken off.</summary>
    public void Link(View view)
    {
        _standing = new CancellationTokenSource();
        var members = view.Shares.Select(share => new GroupMember(share.Trainer, share.Endpoint, share.First, share.Count)).ToList();
        var group = settings.Exchange.Enter(
            new GroupView(settings.Run, view.Generation, members, settings.Recipe.Optimization.MicroBatches), view.PlaceOf(trainer));
        group.PeerLost += suspect => tell(new TrainerInputs.PeersLost(view.Generation, [suspect.Member]));
        Connect(group, view.Generation);
        _group = group;
    }

    /// <summary>Breaks the links off.</summary>
    /// <returns>What is to be disposed of when nothing computes with it any more; null: nothing.</returns>
    public IDisposable? Unlink()
    {
        _standing.Cancel();
        var group = _group;
        _group = null;
        group?.Abort();
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
