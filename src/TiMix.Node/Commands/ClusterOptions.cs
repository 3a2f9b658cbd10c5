using System.CommandLine;
using System.Globalization;
using TiMix.Base;
using TiMix.Node.Launching;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Runs.Observing;

namespace TiMix.Node.Commands;

/// <summary>The options of all commands that start a local cluster.</summary>
/// <param name="needsTrainers">The command is nothing without a cluster.</param>
internal sealed class ClusterOptions(bool needsTrainers)
{
    private const string RandomPrefix = "random:";
    private const int RandomFaultCount = 8;

    private readonly Option<int?> _trainers = new("--trainers")
    {
        Description = needsTrainers ? "Trainer processes; default 2." : "Run as a cluster of processes, with so many trainers; see also \"timix node\".",
    };

    private readonly Option<int> _loaders = new("--loaders") { Description = "Loader processes of the cluster.", DefaultValueFactory = _ => 1 };
    private readonly Option<int> _mixers = new("--mixers") { Description = "Mixer processes of the cluster.", DefaultValueFactory = _ => 1 };
    private readonly Option<string> _faults = new("--faults")
    {
        Description = "What to do to the cluster: kill:trainer@12,join@20,kill:coordinator@30 … or random:SEED.",
        DefaultValueFactory = _ => "",
    };
    private readonly Option<int> _maxRestarts = new("--max-restarts") { Description = "Deaths that are made good.", DefaultValueFactory = _ => 20 };
    private readonly Option<int> _minTrainers = MinTrainers();
    private readonly Option<int> _spares = Spares();
    private readonly Option<double> _lease = Lease();
    private readonly Option<double> _stepDeadline = StepDeadline();

    /// <summary>Whether the user asked for a cluster.</summary>
    public bool Wanted(ParseResult parsed)
    {
        if (needsTrainers || parsed.GetValue(_trainers) is not null)
        {
            return true;
        }

        Option[] others = [_loaders, _mixers, _faults, _maxRestarts, _minTrainers, _spares, _lease, _stepDeadline];
        return others.FirstOrDefault(option => parsed.GetResult(option) is { Implicit: false }) is { } useless
            ? throw new RunError($"{useless.Name} is for a cluster; say also how many --trainers it has.")
            : false;
    }

    /// <summary>Adds them to a command.</summary>
    /// <param name="command">Whose.</param>
    /// <param name="faults">Whether it takes a schedule of faults.</param>
    public void AddTo(Command command, bool faults)
    {
        Option[] all =
            [_trainers, _loaders, _mixers, .. faults ? [_faults] : Array.Empty<Option>(), _maxRestarts, _minTrainers, _spares, _lease, _stepDeadline];
        Array.ForEach(all, command.Add);
    }

    /// <summary>The cluster of a run.</summary>
    /// <exception cref="RunError">A value cannot be right.</exception>
    public LaunchOptions Read(ParseResult parsed, RunOptions run)
    {
        var trainers = AtLeast(1, "--trainers", parsed.GetValue(_trainers) ?? 2);
        var most = run.Recipe.Optimization.MicroBatches;
        if (trainers > most)
        {
            throw new RunError($"--trainers is {trainers}; a step has {most} micro-batches (optimization.microBatches), so {most} trainers at most have work.");
        }

        var spares = AtLeast(0, "--spares", parsed.GetValue(_spares));
        var text = parsed.GetResult(_faults) is null ? "" : parsed.GetValue(_faults)!;
        return new LaunchOptions
        {
            Run = run,
            Trainers = trainers + spares,
            Loaders = AtLeast(1, "--loaders", parsed.GetValue(_loaders)),
            Mixers = AtLeast(1, "--mixers", parsed.GetValue(_mixers)),
            Faults = Faults(text, run.Recipe.Optimization.Steps, trainers),
            MaxRestarts = AtLeast(0, "--max-restarts", parsed.GetValue(_maxRestarts)),
            Membership = new MembershipOptions
            {
                Lease = LeaseOf(parsed.GetValue(_lease)),
                StepDeadline = StepDeadlineOf(parsed.GetValue(_stepDeadline)),
                MinTrainers = AtLeast(1, "--min-trainers", parsed.GetValue(_minTrainers)),
                Spares = spares,
                StartTrainers = trainers + spares,
            },
        };
    }

    /// <summary>The option of that name, as <c>timix node</c> has it too.</summary>
    public static Option<int> MinTrainers() => new("--min-trainers") { Description = "With fewer trainers the run waits.", DefaultValueFactory = _ => 1 };

    /// <summary>The option of that name, as <c>timix node</c> has it too.</summary>
    public static Option<int> Spares() => new("--spares")
    {
        Description = "So many trainers more that follow without a share, and take over at once when one dies.", DefaultValueFactory = _ => 0,
    };

    /// <summary>The option of that name, as <c>timix node</c> has it too.</summary>
    public static Option<double> Lease() => new("--lease")
    {
        Description = "Seconds of silence after which a trainer counts as lost.",
        DefaultValueFactory = _ => new MembershipOptions().Lease.TotalSeconds,
    };

    /// <summary>The option of that name, as <c>timix node</c> has it too.</summary>
    public static Option<double> StepDeadline() => new("--step-deadline")
    {
        Description = "Seconds that a trainer may stand at one place of a step while others wait for it; at least 20 times what its slowest share takes.",
        DefaultValueFactory = _ => new MembershipOptions().StepDeadline.TotalSeconds,
    };

    /// <exception cref="RunError">It is too short or too long.</exception>
    public static TimeSpan StepDeadlineOf(double seconds) => seconds is >= 1 and <= 86_400
        ? TimeSpan.FromSeconds(seconds)
        : throw new RunError($"--step-deadline is {seconds.ToString(CultureInfo.InvariantCulture)}; it must be from 1 to 86400 seconds.");

    /// <exception cref="RunError">It is too short or too long.</exception>
    public static TimeSpan LeaseOf(double seconds) => seconds is >= 1 and <= 600
        ? TimeSpan.FromSeconds(seconds)
        : throw new RunError($"--lease is {seconds.ToString(CultureInfo.InvariantCulture)}; it must be from 1 to 600 seconds.");

    /// <exception cref="RunError">The value is too small.</exception>
    public static int AtLeast(int least, string option, int value) =>
        value >= least ? value : throw new RunError($"{option} is {value}; it must be {least} or more.");

    private static FaultSchedule Faults(string text, long steps, int trainers)
    {
        if (!text.StartsWith(RandomPrefix, StringComparison.Ordinal))
        {
            return FaultSchedule.Parse(text);
        }

        return ulong.TryParse(text[RandomPrefix.Length..], NumberStyles.None, CultureInfo.InvariantCulture, out var seed)
            ? FaultSchedule.Random(seed, RandomFaultCount, Math.Max(1, steps / 20), Math.Max(1, steps * 9 / 10), trainers)
            : throw new RunError($"--faults: \"{text}\" is not random and a seed; an example that is right: random:7.");
    }
}
