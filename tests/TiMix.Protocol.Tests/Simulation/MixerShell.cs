using TiMix.Base;
using TiMix.Protocol.Messages;
using TiMix.Protocol.Serving;

namespace TiMix.Protocol.Tests.Simulation;

/// <summary>The shell of a mixer.</summary>
internal sealed class MixerShell : SimulatedActor
{
    private const int TickInterval = 250;
    private readonly Dictionary<(long Lineage, long Version), ulong> _teachers = [];
    private readonly MixerCore _core;
    private long _busyUntil;

    public MixerShell(SimulatedProcess process, string address)
        : base(process, address)
    {
        _core = new MixerCore(Cluster.Plan, Cluster.Settings.Teacher);
        Every(TickInterval, () => Tell(Tick.Instance));
    }

    /// <inheritdoc/>
    public override string Role => NodeRoles.Mixer;

    /// <inheritdoc/>
    public override void Receive(string from, ITiMixMessage message) => Tell(new Received(from, message));

    private void Tell(IInput input)
    {
        foreach (var effect in _core.Handle(input, Cluster.Time.Now))
        {
            if (Alive)
            {
                Do(effect);
            }
        }
    }

    private void Do(IEffect effect)
    {
        switch (effect)
        {
            case Send send:
                Say(send.To, send.Message);
                break;
            case MixerEffects.FetchTeacher fetch:
                Later(Cluster.Chance.Between(1, 10), () => Fetch(fetch));
                break;
            case MixerEffects.DropTeacher drop:
                _teachers.Remove((drop.Lineage, drop.Version));
                break;
            case MixerEffects.Mix mix:
                Mix(mix);
                break;
            case MixerEffects.Release release:
                ((SimulatedContent)release.Content).Release();
                break;
            default:
                throw new SimulationFailure($"Nobody knows how to do {effect}.");
        }
    }

    private void Fetch(MixerEffects.FetchTeacher fetch)
    {
        if (((SimulatedContent)fetch.Parameters).Take(this) is { } values)
        {
            _teachers[(fetch.Lineage, fetch.Version)] = values;
            Tell(new MixerInputs.TeacherFetched(fetch.Lineage, fetch.Version, true));
        }
        else
        {
            Tell(new MixerInputs.TeacherFetched(fetch.Lineage, fetch.Version, false));
        }
    }

    /// <summary>One after the other, on its thread.</summary>
    private void Mix(MixerEffects.Mix mix)
    {
        // What is not asked for says nothing: then the micro-batch is mixed by nobody's opinion.
        var teacher = mix.Version is { } version ? _teachers[(mix.Lineage, version)] : UndisturbedRun.NoTeacher;
        _busyUntil = Math.Max(_busyUntil, Cluster.Time.Now) + Cluster.Chance.Between(0, 3);
        Later(_busyUntil - Cluster.Time.Now, () =>
        {
            var samples = (SimulatedContent)mix.Samples;
            var mixed = samples.Read(this) is { } value ? new SimulatedContent(this, UndisturbedRun.Mixed(value, teacher), samples) : null;
            Tell(new MixerInputs.Mixed(mix.Lineage, mix.Step, mix.MicroBatch, mixed));
            Cluster.Reach(Point.Mixed, Process);
        });
    }
}
