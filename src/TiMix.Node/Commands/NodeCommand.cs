using System.CommandLine;
using System.Net;
using TiMix.Actors.Nodes;
using TiMix.Base;
using TiMix.Node.Launching;
using TiMix.Node.Operations;
using TiMix.Node.Processes;
using TiMix.Protocol.Coordination;
using TiMix.Protocol.Faults;
using TiMix.Protocol.Notices;
using TiMix.Protocol.Values;
using TiMix.Runs.Audit;
using TiMix.Runs.Journals;
using TiMix.Runs.Observing;
using TiMix.Runs.Recipes;
using TiMix.Runs.Records;
using TiMix.Work.Training;

namespace TiMix.Node.Commands;

/// <summary><c>timix node</c>.</summary>
internal static class NodeCommand
{
    public const string Name = "node";

    private const int ShortestToken = 16;

    private static IReadOnlyList<string> Roles => FaultSchedule.Roles;

    public static Command Node(TextWriter output)
    {
        var roles = new Option<string>("--roles") { Description = $"What it does, with commas: {string.Join(", ", Roles)}.", Required = true };
        var run = new Option<string>("--run") { Description = "Name of the run.", Required = true };
        var listen = new Option<string>("--listen") { Description = "Its address; port 0: any free one.", DefaultValueFactory = _ => "127.0.0.1:0" };
        var links = new Option<int>("--links-port")
        {
            Description = "Port of --listen's address for micro-batches and gradients; 0: any free one.",
            DefaultValueFactory = _ => 0,
        };
        var join = new Option<string>("--join")
        {
            Description = "Nodes of the cluster, with commas; without, it forms one of its own.",
            DefaultValueFactory = _ => "",
        };
        var name = new Option<string?>("--name") { Description = "Unique in the cluster; default: its first role and the process's number." };
        var recipe = new Option<string?>("--recipe")
        {
            Description = "Coordinator: the run to start; with a journal in PostgreSQL, to start or to stand by for.",
        };
        var goOn = new Option<bool>("--continue")
        {
            Description = "Coordinator: go on with a run, from its last snapshot; or, where --join finds its trainers alive, from where they are.",
        };
        var device = new Option<string>("--device") { Description = "cpu or cuda:N.", DefaultValueFactory = _ => "cpu" };
        var threads = new Option<int>("--threads") { Description = "Compute threads of a trainer.", DefaultValueFactory = _ => 1 };
        var config = new Option<string[]>("--config") { Description = "HOCON file laid over the built-in ones; may be repeated." };
        var startTrainers = new Option<int>("--start-trainers")
        {
            Description = "Coordinator: so many are waited for at the start.",
            DefaultValueFactory = _ => 1,
        };
        var tokenFile = new Option<string?>("--token-file")
        {
            Description = $"File with the cluster's secret; default: the variable {LocalLauncher.TokenVariable}.",
        };
        var certificate = new Option<string?>("--certificate")
        {
            Description = "PKCS #12 file that all nodes share, whose key is taken in place of the one that comes from the token.",
        };
        var insecure = new Option<bool>("--insecure")
        {
            Description = "Nodes talk in plain text, and whoever reaches them is believed. On all nodes or none; never on a network that others share.",
        };
        var noSharedMemory = new Option<bool>("--no-shared-memory") { Description = "Trainers on one host exchange through sockets as well." };
        var http = HttpOption.New("auto");
        http.Description += " auto: any free port of this machine on the coordinator's node, off on others, where it serves /health alone.";
        var launched = ChildControl.NewOption();
        var (minTrainers, spares, lease, stepDeadline, runs, data, journal) = (
            ClusterOptions.MinTrainers(), ClusterOptions.Spares(),
            ClusterOptions.Lease(), ClusterOptions.StepDeadline(), Shared.RunsDirectory(), Shared.DataDirectory(),
            Shared.Journal());
        var command = new Command(Name, """
            Starts one node of a cluster. Ctrl-C or SIGTERM: it finishes the step and leaves.

            Example: export TIMIX_TOKEN=$(openssl rand -hex 16)
                     timix node --roles coordinator,loader,mixer,evaluator --run a --recipe sample --listen 10.0.0.1:4053
                     timix node --roles trainer --run a --listen 10.0.0.2:0 --join 10.0.0.1:4053
            """)
        { roles, run, listen, links, join, name, recipe, goOn, device, threads, config, minTrainers, startTrainers, spares, lease, stepDeadline,
            tokenFile, certificate, insecure, noSharedMemory, http, runs, data, journal, launched };
        command.SetAction(async (parsed, leave) =>
        {
            var (child, does) = (ChildControl.IsChild(parsed), ParseRoles(parsed.GetValue(roles)!));
            var (host, port) = ParseAddress("--listen", parsed.GetValue(listen)!, 0);
            string[] seeds = [.. parsed.GetValue(join)!.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries)];
            Array.ForEach(seeds, seed => ParseAddress("--join", seed, 1));
            var coordinates = does.Contains("coordinator");
            Check(coordinates || seeds.Length > 0, "without the role coordinator a node needs a cluster: --join the address of one of its nodes.");
            Check(
                coordinates || (parsed.GetValue(recipe) is null && !parsed.GetValue(goOn)),
                "--recipe and --continue are for the node with the role coordinator; the others learn of the run from it.");
            Check(
                !parsed.GetValue(insecure) || parsed.GetValue(certificate) is null,
                "--insecure is plain text, --certificate the key of a cipher; give one of them.");
            Check(parsed.GetValue(recipe) is null || !parsed.GetValue(goOn), "--recipe starts a run, --continue goes on with one; give one of them.");
            var options = new NodeOptions
            {
                Name = CheckName(parsed.GetValue(name) ?? $"{does[0]}-{Environment.ProcessId}"),
                Roles = does,
                Host = host,
                Port = port,
                LinksPort = parsed.GetValue(links) is >= 0 and <= 65535 and var linksPort ? linksPort
                    : throw new RunError($"--links-port is {parsed.GetValue(links)}; it must be from 0 to 65535, 0 for any free one."),
                Join = seeds,
                RunName = parsed.GetValue(run)!,
                RunsDirectory = parsed.GetValue(runs)!,
                DataDirectory = parsed.GetValue(data)!,
                Recipe = parsed.GetValue(recipe) is { } wanted ? InitialWeights.Pin(RecipeFile.Load(wanted).WithFullPaths()) : null,
                Continue = parsed.GetValue(goOn),
                MayLive = parsed.GetValue(goOn) && seeds.Length > 0 && !child,
                Device = CheckDevice(parsed.GetValue(device)!),
                Threads = ClusterOptions.AtLeast(1, "--threads", parsed.GetValue(threads)),
                Token = Token(parsed.GetValue(tokenFile)),
                Certificate = parsed.GetValue(certificate) is { } pkcs ? CheckFile(pkcs) : null,
                Insecure = parsed.GetValue(insecure),
                SharedMemory = !parsed.GetValue(noSharedMemory),
                Journal = coordinates ? JournalAddress.Of(parsed.GetValue(journal)) : null,
                Config = [.. (parsed.GetValue(config) ?? []).Select(CheckFile)],
                Membership = new MembershipOptions
                {
                    Lease = ClusterOptions.LeaseOf(parsed.GetValue(lease)),
                    StepDeadline = ClusterOptions.StepDeadlineOf(parsed.GetValue(stepDeadline)),
                    MinTrainers = ClusterOptions.AtLeast(1, "--min-trainers", parsed.GetValue(minTrainers)),
                    StartTrainers = ClusterOptions.AtLeast(1, "--start-trainers", parsed.GetValue(startTrainers)),
                    Spares = ClusterOptions.AtLeast(0, "--spares", parsed.GetValue(spares)),
                },
            };
            var endpoint = HttpOption.Parse(parsed.GetValue(http) is { } where && where != "auto" ? where : coordinates && !child ? "127.0.0.1:0" : "off");
            return child
                ? await RunChildAsync(options, output, leave).ConfigureAwait(false)
                : await RunAloneAsync(options, endpoint, output, leave).ConfigureAwait(false);
        });
        return command;
    }

    private static async Task<int> RunChildAsync(NodeOptions options, TextWriter output, CancellationToken leave)
    {
        var control = new ChildControl(output);
        control.Begin();
        return CodeOf(await NodeHost.RunAsync(options, control, leave).ConfigureAwait(false), output);
    }

    /// <summary>The coordinator's node has the run's directory in its possession, as a launcher would, shows the run and adds to its summary.</summary>
    private static async Task<int> RunAloneAsync(NodeOptions options, IPEndPoint? http, TextWriter output, CancellationToken leave)
    {
        var alone = new AloneControl(options, output);
        if (!options.Roles.Contains("coordinator"))
        {
            await using var health = http is null ? null : await HealthServer.StartAsync(http, alone).ConfigureAwait(false);
            return CodeOf(await NodeHost.RunAsync(options, alone, leave).ConfigureAwait(false), output);
        }

        var run = RunOf(options);
        var observer = new Reporting.PlainReporter(run, output, quiet: false);
        using var directory = await TrainingRun.OpenAsync(run, observer, leave).ConfigureAwait(false);
        var seen = OperatedRun.Watch(http, directory, observer);
        RunSteering? steering = null;
        var control = new ClusterControl(
            () => Volatile.Read(ref steering), $"Trainers of this cluster are started where their machines are: timix node --roles trainer --run {run.Name} "
                + $"--join HOST:PORT of any node, which each says when it starts; \"drain NODE\" lets one go.");
        var result = await OperatedRun.ExecuteAsync(
            http, run, directory, seen, control, () => NodeHost.RunAsync(
                options, alone, leave, seen, found => Volatile.Write(ref steering, found))).ConfigureAwait(false);
        if (result is { Outcome: RunOutcome.Finished, Led: true })
        {
            var examination = await RunExamination.OfAsync(directory, run.Recipe, run.DataDirectory, run.Journal).ConfigureAwait(false);
            RunSummaryAdditions.Write(directory, examination.Additions);
        }

        return CodeOf(result, output);
    }

    private static RunOptions RunOf(NodeOptions options)
    {
        var recipe = options.Recipe;
        if (recipe is null)
        {
            var directory = RunDirectory.Look(options.RunsDirectory, options.RunName);
            recipe = directory.ReadRecipe();
        }

        return new RunOptions
        {
            Name = options.RunName,
            RunsDirectory = options.RunsDirectory,
            DataDirectory = options.DataDirectory,
            Recipe = recipe,
            Resume = options.Recipe is null,
            Journal = options.Journal,
            SharesDirectory = options.Journal is not null,
        };
    }

    private static int CodeOf(RunResult result, TextWriter output)
    {
        output.WriteLine(result.Outcome switch
        {
            RunOutcome.Finished => result.Fingerprint is { } fingerprint ? $"the run is finished: {fingerprint}" : "the run is finished",
            RunOutcome.Stopped => "left",
            _ => $"failed: {result.Error}",
        });
        return result.Mistaken ? ExitCode.Mistake : result.Outcome == RunOutcome.Failed ? ExitCode.Failed : ExitCode.Done;
    }

    internal static IReadOnlyList<string> ParseRoles(string text)
    {
        string[] roles = [.. text.Split(',', StringSplitOptions.RemoveEmptyEntries | StringSplitOptions.TrimEntries).Distinct()];
        return roles.Length == 0 || roles.Except(Roles).Any()
            ? throw new RunError($"--roles is \"{text}\"; it must be one or more of {string.Join(", ", Roles)}, with commas between.")
            : roles;
    }

    internal static (string Host, int Port) ParseAddress(string option, string text, int leastPort) =>
        HostPort.TrySplit(text, out var host, out var port) && port >= leastPort && Uri.CheckHostName(host) != UriHostNameType.Unknown
            ? (host, port)
            : throw new RunError($"{option} is \"{text}\"; it must be HOST:PORT, for example 10.0.0.1:4053.");

    private static string Token(string? file)
    {
        var token = (file is null ? Environment.GetEnvironmentVariable(LocalLauncher.TokenVariable) : File.ReadAllText(CheckFile(file)))?.Trim() ?? "";
        return token.Length >= ShortestToken
            ? token
            : throw new RunError(
                $"a node needs the secret that all nodes of its cluster share, of {ShortestToken} characters or more "
                + $"({(token.Length == 0 ? "there is none" : $"this one has {token.Length}")}): "
                + $"set {LocalLauncher.TokenVariable}, or give a --token-file; \"openssl rand -hex 16\" draws one.");
    }

    private static string CheckName(string name) =>
        NodeNames.IsName(name)
        ? name
        : throw new RunError($"--name is \"{name}\"; it must be of letters, digits, -, _ and ., {NodeNames.Longest} at most, and not begin with a dot.");

    private static string CheckDevice(string device) =>
        device == "cpu" || (device.StartsWith("cuda:", StringComparison.Ordinal) && int.TryParse(device.AsSpan(5), out var number) && number >= 0)
        ? device
        : throw new RunError($"--device is \"{device}\"; it must be cpu or cuda:N, for example cuda:0.");

    private static string CheckFile(string file) => File.Exists(file) ? file : throw new RunError($"there is no file {file}.");

    private static void Check(bool holds, string otherwise)
    {
        if (!holds)
        {
            throw new RunError(otherwise);
        }
    }

    /// <summary>Tells the user where the node is and how others join it.</summary>
    private sealed class AloneControl(NodeOptions options, TextWriter output) : INodeControl, IReadiness
    {
        /// <inheritdoc/>
        public bool IsUp { get; private set; }

        public void Ready(string address)
        {
            IsUp = true;
            output.WriteLine(
                $"{options.Name} ({string.Join(", ", options.Roles)}) is at {address}; others join it, with the same {LocalLauncher.TokenVariable}, by:");
            output.WriteLine($"  timix node --roles trainer --run {options.RunName} --join {address}");
            output.Flush();
        }

        public void Notice(Notice notice)
        {
            output.WriteLine(NoticeText.Of(notice));
            output.Flush();
        }

        public void OnFault(Action<NodeFault> inject)
        {
            // Nobody injects faults here.
        }
    }
}
