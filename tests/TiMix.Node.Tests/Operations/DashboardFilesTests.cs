using System.Text;
using System.Text.RegularExpressions;
using TiMix.Node.Operations;

namespace TiMix.Node.Tests.Operations;

public sealed class DashboardFilesTests
{
    [Fact]
    public void Every_module_stands_in_the_list_of_modules_after_those_that_it_takes_from()
    {
        static string Text(string name) => Encoding.UTF8.GetString(DashboardFiles.Read(name));
        var order = Text("modules.txt").Split('\n', StringSplitOptions.RemoveEmptyEntries);
        Assert.Equal(
            DashboardFiles.Names.Where(name => name.EndsWith(".js", StringComparison.Ordinal) && !name.StartsWith("uPlot", StringComparison.Ordinal)),
            order.Order(StringComparer.Ordinal));
        for (var i = 0; i < order.Length; i++)
        {
            Assert.All(Regex.Matches(Text(order[i]), "from '\\./([^']+)'"), taken => Assert.Contains(taken.Groups[1].Value, order[..i]));
        }
    }

    [Fact]
    public void The_page_asks_for_nothing_that_the_program_does_not_have()
    {
        var page = Encoding.UTF8.GetString(DashboardFiles.Read("index.html"));
        var asked = Regex.Matches(page, "(?:src|href)=\"([^\"#]+)\"").Select(found => found.Groups[1].Value).ToList();
        Assert.NotEmpty(asked);
        Assert.All(asked, address => Assert.Contains(address["assets/".Length..], DashboardFiles.Names));
    }
}
