using System.Diagnostics;
using System.Globalization;
using System.Runtime.InteropServices;
using System.Security.Cryptography;
using System.Security.Cryptography.X509Certificates;
using TiMix.Exchange;
using TiMix.Exchange.Groups;
using TiMix.Exchange.Links;
using TiMix.Exchange.Reduction;

// allreduce MEMBERS MB [--no-shared-memory] [--tls]: one process a member, each with one micro-batch; median of 15 rounds after warm-up.
// member SELF MEMBERS MB [--no-shared-memory] [--tls] [--forever]: one such process; prints its endpoint, reads a line of all endpoints.
const int Warmup = 5;
const int Rounds = 15;
var forever = args.Contains("--forever");
const string Token = "benchmark";
var sharedMemory = !args.Contains("--no-shared-memory");
var tls = args.Contains("--tls");
if (args.Length >= 3 && args[0] == "allreduce")
{
    return Launch(Number(args[1]), args[2]);
}

if (args.Length >= 4 && args[0] == "member")
{
    return Member(Number(args[1]), Number(args[2]), args[3]);
}

Console.Error.WriteLine("usage: allreduce MEMBERS MB [--no-shared-memory] [--tls]");
return 2;

static int Number(string text) => int.Parse(text, CultureInfo.InvariantCulture);

// All members have one key, as the nodes of a cluster have: a curve's first multiple, which protects nobody.
static X509Certificate2 Certificate()
{
    var d = new byte[32];
    d[^1] = 1;
    using var key = ECDsa.Create(new ECParameters { Curve = ECCurve.NamedCurves.nistP256, D = d });
    return new CertificateRequest("CN=benchmark", key, HashAlgorithmName.SHA256).CreateSelfSigned(
        new DateTimeOffset(2000, 1, 1, 0, 0, 0, TimeSpan.Zero), new DateTimeOffset(9999, 12, 31, 23, 59, 59, TimeSpan.Zero));
}

int Launch(int members, string megabytes)
{
    var processes = new List<Process>();
    for (var member = 0; member < members; member++)
    {
        var start = new ProcessStartInfo(Environment.ProcessPath!) { RedirectStandardInput = true, RedirectStandardOutput = true };
        foreach (var argument in new[] { "member", member.ToString(CultureInfo.InvariantCulture), members.ToString(CultureInfo.InvariantCulture), megabytes })
        {
            start.ArgumentList.Add(argument);
        }

        if (!sharedMemory)
        {
            start.ArgumentList.Add("--no-shared-memory");
        }

        if (tls)
        {
            start.ArgumentList.Add("--tls");
        }

        processes.Add(Process.Start(start)!);
    }

    // Each says where it listens, and is told where all do.
    var endpoints = string.Join(' ', processes.Select(process => process.StandardOutput.ReadLine()));
    processes.ForEach(process => process.StandardInput.WriteLine(endpoints));
    Console.WriteLine(processes[0].StandardOutput.ReadToEnd().Trim());
    processes.ForEach(process => process.WaitForExit());
    return processes.Max(process => process.ExitCode);
}

int Member(int self, int members, string megabytes)
{
    using var node = ExchangeNode.Start(new ExchangeOptions { Token = Token, SharedMemory = sharedMemory, Certificate = tls ? Certificate() : null });
    Console.WriteLine(node.Endpoint);
    var endpoints = Console.ReadLine()!.Split(' ');
    using var group = node.Enter(
        new GroupView("benchmark", 1, [.. endpoints.Select((endpoint, index) => new GroupMember($"m{index}", endpoint, index, 1))], members), self);
    var length = (int)(double.Parse(megabytes, CultureInfo.InvariantCulture) * 1e6 / sizeof(float));
    using var tree = new TreeSum(members, length);
    var vector = new float[length];
    Array.Fill(vector, self + 1f);
    tree.Add(self, vector);
    var sum = new float[length];
    var parts = tree.Partials;
    var times = new double[Rounds];
    for (var round = -Warmup; forever || round < Rounds; round++)
    {
        group.Gather(round, 0, []);
        var start = Stopwatch.GetTimestamp();
        group.AllReduce(round, parts, sum);
        if (round >= 0 && round < Rounds)
        {
            times[round] = Stopwatch.GetElapsedTime(start).TotalMilliseconds;
        }
    }

    var expected = members * (members + 1) / 2f;
    if (MemoryMarshal.AsBytes(sum.AsSpan()).Length == 0 || sum.AsSpan().IndexOfAnyExcept(expected) >= 0)
    {
        Console.Error.WriteLine("the sum is wrong");
        return 1;
    }

    Array.Sort(times);
    if (self == 0)
    {
        Console.WriteLine(string.Create(CultureInfo.InvariantCulture, $"{times[Rounds / 2]:0.00} ms median, {times[0]:0.00} best ({members} members, "
            + $"{megabytes} MB, {(group.UsesSharedMemory ? "shared memory" : "links")}{(tls ? ", TLS" : "")})"));
    }

    // Nobody leaves while others are still on their way.
    group.Gather(Rounds, 0, []);
    return 0;
}
