using System.Globalization;
using TiMix.Base;
using TiMix.Learning.Runtime;
using TorchSharp;

namespace TiMix.Learning.Tests.Runtime;

public sealed class TorchRuntimeTests
{
    [Fact]
    public void Products_stay_true_float32()
    {
        TorchRuntime.Initialize();
        var random = new SeededRandom(1);
        var a = Enumerable.Range(0, 256 * 256).Select(_ => (float)random.NextGaussian()).ToArray();
        using var scope = torch.NewDisposeScope();
        var product = HostFloats.Of(torch.tensor(a, [256, 256]).mm(torch.tensor(a, [256, 256])));
        for (var column = 0; column < 256; column++)
        {
            var expected = Enumerable.Range(0, 256).Sum(k => (double)a[(7 * 256) + k] * a[(k * 256) + column]);
            Assert.Equal(expected, product[(7 * 256) + column], 1e-4);
        }
    }

    [Fact]
    public void The_description_names_version_and_precision()
    {
        var description = TorchRuntime.Describe();
        Assert.Contains(torch.__version__, description);
        Assert.Matches("precision (medium|highest)", description);
        Assert.DoesNotContain('\n', description);
    }

    [Fact]
    public void A_compute_thread_has_one_native_thread_and_steps_back_from_others()
    {
        Exception? failure = null;
        var thread = new Thread(() =>
        {
            try
            {
                TorchRuntime.EnterComputeThread();
                Assert.Equal(1, torch.get_num_threads());
                if (OperatingSystem.IsLinux())
                {
                    // Field 19 of stat is the nice value; the fields after the name in brackets start with the third.
                    var fields = File.ReadAllText("/proc/thread-self/stat").Split(')')[^1].Split(' ', StringSplitOptions.RemoveEmptyEntries);
                    Assert.True(int.Parse(fields[16], CultureInfo.InvariantCulture) >= 10, $"nice is {fields[16]}");
                }
            }
            catch (Exception error)
            {
                failure = error;
            }
        });
        thread.Start();
        thread.Join();
        Assert.Null(failure);
    }
}
