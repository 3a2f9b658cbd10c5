using System.Diagnostics;
using System.Text.RegularExpressions;
using Akka.Actor;
using Akka.Cluster.Tools.Singleton;
using Akka.Configuration;
using Akka.Configuration.Hocon;
using Akka.Persistence.Sql;
using TiMix.Node.Commands;
using TiMix.Node.Processes;
using TiMix.Runs.Journals;
using YamlDotNet.RepresentationModel;

namespace TiMix.Node.Tests;

/// <summary>What lies in <c>cluster-config/</c> for operators: that Akka knows every setting, and the program every option.</summary>
public sealed partial class ClusterConfigTests
{
    private static readonly string Directory = Path.Combine(RootOf(AppContext.BaseDirectory), "cluster-config");

    /// <summary>What the program itself brings into Akka's configuration.</summary>
    private static readonly string[] Ours =
    [
        "akka.actor.serializers.timix", "akka.actor.serializers.akka-stream-ref", "akka.actor.serialization-bindings.", "akka.timix-files.",
        "akka.coordinated-shutdown.phases.",
    ];

    public static TheoryData<string> HoconFiles =>
        [.. System.IO.Directory.GetFiles(Directory, "*.conf").Select(file => Path.GetFileName(file)).Order(StringComparer.Ordinal)];

    public static TheoryData<string> YamlFiles => [.. System.IO.Directory.GetFiles(
        Directory, "*.yaml", SearchOption.AllDirectories).Select(file => Path.GetRelativePath(Directory, file)).Order(StringComparer.Ordinal)];

    [Theory]
    [MemberData(nameof(HoconFiles))]
    public async Task Every_setting_is_one_that_Akka_knows(string file)
    {
        var settings = ConfigurationFactory.ParseString(await File.ReadAllTextAsync(Path.Combine(Directory, file)));
        using var system = ActorSystem.Create(
            "reference", "akka { loglevel = OFF, stdout-loglevel = OFF, actor.provider = cluster, remote.dot-netty.tcp { hostname = 127.0.0.1, port = 0 } }");
        try
        {
            Akka.Cluster.Cluster.Get(system);
            var reference = system.Settings.Config.WithFallback(ClusterSingleton.DefaultConfig()).WithFallback(SqlPersistence.DefaultConfiguration)
                .WithFallback(Akka.Persistence.Persistence.DefaultConfig());
            var keys = Leaves(settings.Root, "").ToList();
            Assert.NotEmpty(keys);
            Assert.DoesNotContain(keys, key => !Ours.Any(our => key.StartsWith(our, StringComparison.Ordinal))
                && !reference.HasPath(key)
                    && !reference.HasPath(key.Replace("akka.persistence.journal.sql.", "akka.persistence.journal-plugin-fallback.", StringComparison.Ordinal)));
        }
        finally
        {
            await system.Terminate();
        }
    }

    [Fact]
    public void A_setting_that_nobody_knows_would_be_found()
    {
        var keys = Leaves(ConfigurationFactory.ParseString("akka { cluster { gossip-intervall = 1s, roles = [a] } }").Root, "");
        Assert.Equal(["akka.cluster.gossip-intervall", "akka.cluster.roles"], keys);
    }

    [Theory]
    [MemberData(nameof(HoconFiles))]
    public async Task Every_type_that_is_named_is_there(string file)
    {
        foreach (Match named in TypeName().Matches(await File.ReadAllTextAsync(Path.Combine(Directory, file))))
        {
            Assert.True(Type.GetType(named.Groups["type"].Value) is not null, $"{file}: {named.Value}");
        }
    }

    [Fact]
    public void Images_have_the_version_of_the_program()
    {
        var version = typeof(TimixProgram).Assembly.GetName().Version!.ToString(3);
        var tags = System.IO.Directory.GetFiles(Directory, "*", SearchOption.AllDirectories).SelectMany(file => ImageTag().Matches(File.ReadAllText(file)));
        Assert.All(tags, tag => Assert.Equal(version, tag.Groups["version"].Value));
        Assert.True(tags.Count() == 5);
    }

    [Theory]
    [MemberData(nameof(YamlFiles))]
    public void Yaml_is_yaml(string file) => Assert.NotEmpty(Documents(file));

    /// <summary>Calls of the program in all files, as one list of arguments each.</summary>
    public static TheoryData<string, string> Calls => [.. CallsIn()];

    [Theory]
    [MemberData(nameof(Calls))]
    public async Task Every_call_of_the_program_has_options_that_it_knows(string file, string call)
    {
        string[] words = [.. call.Split(' ', StringSplitOptions.RemoveEmptyEntries)];
        string[] command = [.. words.TakeWhile(word => CommandWord().IsMatch(word)).Take(words[0] == "data" ? 2 : 1)];
        var help = await Cli.RunAsync([.. command, "--help"]);
        Assert.True(help.Code == ExitCode.Done && command.Length > 0, $"{file}: {call}");
        var known = OptionWord().Matches(help.Output).Select(match => match.Value).ToHashSet(StringComparer.Ordinal);
        Assert.All(
            words.Where(word => word.StartsWith("--", StringComparison.Ordinal)),
            word => Assert.True(known.Contains(word.Split('=')[0]), $"{file}: {word} in {call}"));
        foreach (var config in words.Where(word => word.StartsWith("/opt/timix/cluster-config/", StringComparison.Ordinal)).Concat(
            words.Where(word => word.StartsWith("--config=", StringComparison.Ordinal)).Select(word => word["--config=".Length..])))
        {
            Assert.True(File.Exists(Path.Combine(Directory, Path.GetFileName(config))), $"{file}: {config}");
        }
    }

    [Fact]
    public void On_Kubernetes_three_coordinators_stand_by_and_all_probes_ask_for_health()
    {
        var all = System.IO.Directory.GetFiles(Path.Combine(Directory, "kubernetes"), "*.yaml")
            .SelectMany(file => Documents(Path.Combine("kubernetes", Path.GetFileName(file)))).ToList();
        var stateful = Assert.Single(all, document => Text(document, "kind") == "StatefulSet");
        Assert.Equal("3", Text(stateful, "spec", "replicas"));
        Assert.Contains(all, document => Text(document, "kind") == "Deployment" && Text(document, "metadata", "name") == "timix-trainer");
        foreach (var workload in all.Where(document => Text(document, "kind") is "StatefulSet" or "Deployment"))
        {
            Assert.Equal(Text(workload, "spec", "selector", "matchLabels", "app"), Text(workload, "spec", "template", "metadata", "labels", "app"));
            var container = ((YamlSequenceNode)At(workload, "spec", "template", "spec", "containers")!).Children[0];
            Assert.Equal("true", Text(workload, "spec", "template", "spec", "securityContext", "runAsNonRoot"));
            Assert.Equal("false", Text(workload, "spec", "template", "spec", "automountServiceAccountToken"));
            Assert.All(
                ((YamlSequenceNode)At(workload, "spec", "template", "spec", "containers")!).Children.Concat(
                    (At(workload, "spec", "template", "spec", "initContainers") as YamlSequenceNode)?.Children ?? []),
                AssertLocked);
            Assert.Equal("/health/live", Text(container, "livenessProbe", "httpGet", "path"));
            Assert.Equal("/health/ready", Text(container, "readinessProbe", "httpGet", "path"));
            var arguments = ((YamlSequenceNode)At(container, "args")!).Children.Select(argument => argument.ToString()).ToList();
            Assert.Contains("--http=0.0.0.0:8550", arguments);
            Assert.Equal(3, Assert.Single(arguments, argument => argument.StartsWith("--join=", StringComparison.Ordinal)).Split(',').Length);
        }
    }

    [Fact]
    public void On_Kubernetes_only_nodes_reach_nodes()
    {
        var policy = Assert.Single(Documents("kubernetes/network.yaml"));
        var chosen = Text(policy, "spec", "podSelector", "matchLabels", "app.kubernetes.io/part-of");
        foreach (var workload in new[] { "coordinators", "helpers", "trainers" }.SelectMany(file => Documents($"kubernetes/{file}.yaml"))
            .Where(document => Text(document, "kind") is "StatefulSet" or "Deployment"))
        {
            Assert.Equal(chosen, Text(workload, "spec", "template", "metadata", "labels", "app.kubernetes.io/part-of"));
        }
    }

    [Fact]
    public void In_Compose_nodes_have_no_rights()
    {
        var services = ((YamlMappingNode)At(Assert.Single(Documents("compose/compose.yaml")), "services")!).Children
            .Where(service => service.Key.ToString() != "postgres").ToList();
        Assert.NotEmpty(services);
        foreach (var (name, service) in services)
        {
            Assert.True(Inherited(service, "read_only") == "true" && Inherited(service, "user") == "10001", name.ToString());
        }
    }

    /// <summary>Secrets lie beside the files that say where they belong.</summary>
    [Fact]
    public void Nothing_is_brought_beside_the_program_but_what_it_reads()
    {
        var there = System.IO.Directory.GetFiles(Path.Combine(AppContext.BaseDirectory, "cluster-config"), "*", SearchOption.AllDirectories);
        Assert.NotEmpty(there);
        Assert.All(there, file => Assert.True(Path.GetExtension(file) is ".conf" or ".json", file));
    }

    [Fact]
    public async Task The_systemd_unit_passes_systemds_own_check()
    {
        Assert.SkipUnless(File.Exists("/usr/bin/systemd-analyze"), "systemd-analyze is not installed.");
        var directory = System.IO.Directory.CreateTempSubdirectory("timix-unit-").FullName;
        try
        {
            var unit = Path.Combine(directory, "timix-node@.service");
            var text = await File.ReadAllTextAsync(Path.Combine(Directory, "systemd", "timix-node@.service"));
            Assert.Contains("ExecStart=/opt/timix/timix node ", text, StringComparison.Ordinal);
            await File.WriteAllTextAsync(unit, text.Replace("/opt/timix/timix", "/bin/true", StringComparison.Ordinal));
            using var check = Process.Start(new ProcessStartInfo(
                "/usr/bin/systemd-analyze", ["verify", "--man=no", unit])
            { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var said = await check.StandardError.ReadToEndAsync();
            await check.WaitForExitAsync();
            Assert.SkipWhen(
                said.Contains("Failed to", StringComparison.Ordinal) && said.Contains("manager", StringComparison.OrdinalIgnoreCase),
                $"systemd-analyze cannot work here: {said}");
            Assert.True(check.ExitCode == 0 && !said.Contains("timix", StringComparison.Ordinal), said);
        }
        finally
        {
            System.IO.Directory.Delete(directory, recursive: true);
        }
    }

    [Fact]
    public void The_variable_of_the_journal_is_the_one_that_the_program_reads()
    {
        var secret = CallFiles().Where(file => !file.EndsWith(".md", StringComparison.Ordinal)).Select(File.ReadAllText)
            .SelectMany(text => Variable().Matches(text)).Select(match => match.Value).ToHashSet();
        Assert.Subset(new HashSet<string> { JournalAddress.Variable, TiMix.Node.Launching.LocalLauncher.TokenVariable, "TIMIX_ARGS" }, secret);
        Assert.Contains(JournalAddress.Variable, secret);
    }

    private static IEnumerable<string> Leaves(HoconValue value, string path) => !value.IsObject() ? [path]
        : value.GetObject().Items.SelectMany(item => Leaves(
            item.Value, path.Length == 0 ? item.Key : $"{path}.{(item.Key.Contains('.', StringComparison.Ordinal) ? $"\"{item.Key}\"" : item.Key)}"));

    private static List<YamlNode> Documents(string file)
    {
        var stream = new YamlStream();
        using var reader = File.OpenText(Path.Combine(Directory, file));
        stream.Load(reader);
        return [.. stream.Documents.Select(document => document.RootNode)];
    }

    private static YamlNode? At(YamlNode node, params string[] path) =>
        path.Aggregate(
            (YamlNode?)node,
            (inner, key) => inner is YamlMappingNode mapping && mapping.Children.TryGetValue(new YamlScalarNode(key), out var found) ? found : null);

    private static string? Text(YamlNode node, params string[] path) => At(node, path)?.ToString();

    private static void AssertLocked(YamlNode container)
    {
        Assert.Equal("false", Text(container, "securityContext", "allowPrivilegeEscalation"));
        Assert.Equal("true", Text(container, "securityContext", "readOnlyRootFilesystem"));
        Assert.Equal("ALL", ((YamlSequenceNode)At(container, "securityContext", "capabilities", "drop")!).Children[0].ToString());
    }

    /// <summary>A value of a service, or of what it is merged with (<c>&lt;&lt;</c>).</summary>
    private static string? Inherited(YamlNode service, string key) =>
        Text(service, key) ?? (At(service, "<<") is { } merged ? Inherited(merged, key) : null);

    private static string RootOf(string directory) =>
        File.Exists(Path.Combine(directory, "TiMix.Actors.sln")) ? directory : RootOf(Path.GetDirectoryName(directory.TrimEnd('/'))!);

    private static IEnumerable<string> CallFiles() =>
        System.IO.Directory.GetFiles(Directory, "*.yaml", SearchOption.AllDirectories).Concat(System.IO.Directory.GetFiles(Path.Combine(Directory, "systemd")))
            .Append(Path.Combine(AppContext.BaseDirectory, "operations.md"));

    private static IEnumerable<(string File, string Call)> CallsIn()
    {
        foreach (var file in System.IO.Directory.GetFiles(Directory, "*.yaml", SearchOption.AllDirectories).Select(
            file => Path.GetRelativePath(Directory, file)))
        {
            foreach (var call in Documents(file).SelectMany(Sequences).Select(words => words.Count == 1 ? words[0] : string.Join(' ', words)))
            {
                if (call.StartsWith("node ", StringComparison.Ordinal) || call.StartsWith("data ", StringComparison.Ordinal))
                {
                    yield return (file, call);
                }
                else if (call.StartsWith("exec timix ", StringComparison.Ordinal))
                {
                    yield return (file, call["exec timix ".Length..]);
                }
            }
        }

        foreach (var line in Lines(Path.Combine(AppContext.BaseDirectory, "operations.md")))
        {
            yield return ("operations.md", line);
        }
    }

    private static IEnumerable<List<string>> Sequences(YamlNode root) => root.AllNodes.OfType<YamlSequenceNode>()
        .Where(sequence => sequence.Children.All(child => child is YamlScalarNode))
            .Select(sequence => sequence.Children.Select(child => child.ToString()).ToList());

    /// <summary>Calls in blocks of code; a backslash at the end goes on with the next line.</summary>
    private static IEnumerable<string> Lines(string file) => File.ReadAllText(file).Replace("\\\n", " ", StringComparison.Ordinal).Split('\n')
        .Select(line => Call().Match(line)).Where(match => match.Success).Select(match => match.Groups[1].Value);

    [GeneratedRegex("^[a-z]+$")]
    private static partial Regex CommandWord();

    [GeneratedRegex("--[a-z][a-z-]*")]
    private static partial Regex OptionWord();

    [GeneratedRegex("TIMIX_[A-Z_]+")]
    private static partial Regex Variable();

    [GeneratedRegex(@"^\s*(?:[A-Z_]+=\S+ )*timix ([^#]*)")]
    private static partial Regex Call();

    [GeneratedRegex("\"(?<type>TiMix[^\",]*, TiMix[^\"]*)\"")]
    private static partial Regex TypeName();

    [GeneratedRegex(@"(image: timix:|-t timix:|newTag: )(?<version>\S+)")]
    private static partial Regex ImageTag();
}
