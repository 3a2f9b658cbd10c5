using TiMix.Protocol.Messages;
using TiMix.Protocol.Notices;

namespace TiMix.Protocol.Coordination;

/// <summary>
/// What the guard of a coordinator decides. It takes the coordinator's term where the journal is kept, then lets a coordinator work;
/// starts it anew when it has stopped, after a growing pause; and makes an end of it, and of this node, when another one has taken
/// the term over. While the journal cannot be reached it waits and says so; training goes on meanwhile.
/// </summary>
public sealed class GuardCore
{
    /// <summary>Milliseconds between two looks at the term while it is held.</summary>
    public const long ConfirmEvery = 1000;

    /// <summary>Milliseconds of the first pause; doubled up to <see cref="LongestPause"/> …</summary>
    public const long ShortestPause = 200;

    /// <summary>… and back to the beginning when a coordinator that lived longer than <see cref="Healthy"/> stops.</summary>
    public const long LongestPause = 5000;

    /// <summary>Milliseconds after which a coordinator is sound.</summary>
    public const long Healthy = 10_000;

    private List<IEffect> _effects = [];
    private Notice? _lastNotice;
    private long _pause = ShortestPause;
    private long _startedAt;
    private long _askAt;
    private bool _works;
    private bool _taken;
    private bool _asking;
    private bool _over;

    /// <summary>Decides what follows from an input; the first <see cref="Tick"/> begins.</summary>
    /// <param name="input">What has happened.</param>
    /// <param name="now">Milliseconds of any one clock.</param>
    public IReadOnlyList<IEffect> Handle(IInput input, long now)
    {
        _effects = [];
        if (_over)
        {
            return _effects;
        }

        switch (input)
        {
            case Tick when !_asking && now >= _askAt:
                _asking = true;
                _effects.Add(_taken ? GuardEffects.ConfirmTerm.Instance : GuardEffects.TakeTerm.Instance);
                break;
            case GuardInputs.TermHeld:
                _asking = false;
                Lead(now);
                break;
            case GuardInputs.TermHeldBy other:
                _asking = false;
                GiveWay(other.Node, now);
                break;
            case GuardInputs.JournalUnreachable unreachable:
                _asking = false;
                Say(new Notice.JournalUnreachable(unreachable.Why));
                _askAt = now + Longer();
                break;
            case GuardInputs.CoordinatorStopped:
                _works = false;
                _pause = now - _startedAt > Healthy ? ShortestPause : _pause;
                _askAt = now + Longer();
                break;
        }

        return _effects;
    }

    private void Lead(long now)
    {
        if (_lastNotice is not null)
        {
            Say(new Notice.CoordinatorGoesOn());
            _lastNotice = null;
        }

        (_taken, _askAt) = (true, now + ConfirmEvery);
        if (!_works)
        {
            (_works, _startedAt) = (true, now);
            _effects.Add(GuardEffects.StartCoordinator.Instance);
        }
    }

    /// <summary>Whoever had the term and lost it has been replaced; whoever never had it waits.</summary>
    private void GiveWay(string node, long now)
    {
        if (!_taken)
        {
            Say(new Notice.AnotherClusterLeads(node));
            _askAt = now + LongestPause;
            return;
        }

        (_over, _works) = (true, false);
        _effects.Add(new GuardEffects.StepDown(node));
    }

    private long Longer()
    {
        var pause = _pause;
        _pause = Math.Min(LongestPause, 2 * _pause);
        return pause;
    }

    private void Say(Notice notice)
    {
        if (notice != _lastNotice)
        {
            _lastNotice = notice;
            _effects.Add(new GuardEffects.Say(notice));
        }
    }
}
