using System.Diagnostics;

namespace TiMix.EndToEnd.Tests;

/// <summary>
/// Two hosts on this machine: network namespaces joined by a pair of virtual interfaces. One has coordinator, loader, mixer,
/// evaluator and a trainer, the other a trainer; what crosses between them crosses a real network stack.
/// </summary>
internal sealed class TwoHosts : IDisposable
{
    private const string First = "10.77.0.1";
    private const string Second = "10.77.0.2";
    private readonly string _left = $"timix-l{Environment.ProcessId}";
    private readonly string _right = $"timix-r{Environment.ProcessId}";

    private TwoHosts()
    {
    }

    /// <summary>Makes them; null and the reason where that is not allowed.</summary>
    public static TwoHosts? TryMake(out string reason)
    {
        var hosts = new TwoHosts();
        reason = hosts.Make();
        if (reason.Length == 0)
        {
            return hosts;
        }

        hosts.Dispose();
        return null;
    }

    /// <summary>The node with everything but the second trainer.</summary>
    public TimixProcess StartFirst(string runs, string run, string recipe, string trainerName) =>
        Start(_left, ["--roles", "coordinator,loader,mixer,evaluator,trainer", "--name", trainerName, "--listen", $"{First}:4053", "--recipe", recipe,
            "--start-trainers", "2"], runs, run);

    /// <summary>The node with the second trainer; started again whenever the cluster puts it out, as a service manager would.</summary>
    public TimixProcess StartSecond(string runs, string run, string name) =>
        Start(_right, ["--roles", "trainer", "--name", name, "--listen", $"{Second}:0", "--join", $"{First}:4053"], runs, run, again: true);

    /// <summary>A command about the run, beside the first node.</summary>
    public TimixProcess Ask(string runs, string run, params string[] command) => TimixProcess.StartShell(
        "ip", ["netns", "exec", _left, "dotnet", TimixProcess.Program, .. command, "--run", run, "--runs-dir", runs]);

    /// <summary>Nothing crosses any more; neither side is told.</summary>
    public void Part() => Run("ip", "netns", "exec", _left, "ip", "link", "set", "tl", "down");

    /// <summary>Everything crosses again.</summary>
    public void Join() => Run("ip", "netns", "exec", _left, "ip", "link", "set", "tl", "up");

    /// <summary>So many in a hundred packets are lost on their way to either side; false: this kernel cannot do that.</summary>
    public bool Lose(int percent) => new[] { _left, _right }.All(host => Run(
        "ip", "netns", "exec", host, "iptables", "-A", "INPUT", "-i", host == _left
            ? "tl"
            : "tr", "-m", "statistic", "--mode", "random", "--probability", $"0.0{percent}", "-j", "DROP").Length == 0);

    public void Dispose()
    {
        Run("ip", "netns", "del", _left);
        Run("ip", "netns", "del", _right);
    }

    private string Make()
    {
        foreach (var command in new[]
        {
            $"ip netns add {_left}", $"ip netns add {_right}",
            $"ip link add tl netns {_left} type veth peer name tr netns {_right}",
            $"ip -n {_left} addr add {First}/24 dev tl", $"ip -n {_right} addr add {Second}/24 dev tr",
            $"ip -n {_left} link set lo up", $"ip -n {_right} link set lo up", $"ip -n {_left} link set tl up", $"ip -n {_right} link set tr up",
        })
        {
            if (Run(command.Split(' ')) is { Length: > 0 } error)
            {
                return $"{command}: {error}";
            }
        }

        return "";
    }

    private static TimixProcess Start(string host, string[] arguments, string runs, string run, bool again = false)
    {
        var node = string.Join(
            ' ',
            ((string[])[.. arguments, "--run", run, "--runs-dir", runs, "--data-dir", TimixProcess.DataDirectory, "--no-shared-memory"])
                .Select(argument => $"'{argument}'"));
        return TimixProcess.StartShell("ip", ["netns", "exec", host, "env", "TIMIX_TOKEN=of-this-test-alone", "sh", "-c",
            again ? $"until dotnet {TimixProcess.Program} node {node}; do echo started again; done" : $"exec dotnet {TimixProcess.Program} node {node}"]);
    }

    /// <returns>What it complained of; empty: nothing.</returns>
    private static string Run(params string[] command)
    {
        try
        {
            using var process = Process.Start(new ProcessStartInfo(command[0], command[1..]) { RedirectStandardError = true, RedirectStandardOutput = true })!;
            var error = process.StandardError.ReadToEnd();
            process.WaitForExit();
            return process.ExitCode == 0 ? "" : error + $" (exit code {process.ExitCode})";
        }
        catch (System.ComponentModel.Win32Exception missing)
        {
            return missing.Message;
        }
    }
}
