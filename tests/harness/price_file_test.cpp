#include "harness/cost/price_file.h"

#include <gtest/gtest.h>

#include <filesystem>
#include <string>

namespace upout::harness {
namespace {

const std::string head = "currency = \"EUR\"\ndate = 2026-01-31\nsource = \"an offer\"\n";
const std::string machine = "[[machine]]\nname = \"small\"\ncores = 4\nprice_per_hour = 0.25\n";

PriceFile read(const std::string& text) {
  auto prices = parse_price_file(text, "prices.toml");
  EXPECT_TRUE(prices) << (prices ? "" : prices.error().to_string());
  return prices ? *prices : PriceFile{};
}

std::string error_of(const std::string& text) {
  const auto prices = parse_price_file(text, "prices.toml");
  EXPECT_FALSE(prices);
  return prices ? "" : prices.error().to_string();
}

TEST(PriceFile, SaysWhatMachinesCost) {
  const PriceFile prices =
      read(head + machine +
           "[[machine]]\nname = \"large\"\nvcpus = 16\nthreads_per_core = 2\nmemory_gib = 32.5\n"
           "price_per_hour = 1\nnics = \"10 Gbit/s\"\nsource = \"another offer\"\n");
  EXPECT_EQ(prices.currency, "EUR");
  EXPECT_EQ(prices.date, "2026-01-31");
  ASSERT_EQ(prices.machines.size(), 2U);
  EXPECT_EQ(prices.machines[0].name, "small");
  EXPECT_EQ(prices.machines[0].cores, 4U);
  EXPECT_FALSE(prices.machines[0].memory_gib);
  EXPECT_DOUBLE_EQ(prices.machines[0].price_per_hour, 0.25);
  EXPECT_EQ(prices.machines[0].source, "an offer") << "the file's, where a machine has none of its own";
  EXPECT_EQ(prices.machines[1].cores, 8U) << "hardware threads are not cores";
  EXPECT_DOUBLE_EQ(*prices.machines[1].memory_gib, 32.5);
  EXPECT_EQ(prices.machines[1].nics, "10 Gbit/s");
  EXPECT_EQ(prices.machines[1].source, "another offer");
}

TEST(PriceFile, TakesAnyCurrencyAndADateInWords) {
  const PriceFile prices =
      read("currency = \"seashells\"\ndate = \"last spring\"\nsource = \"x\"\n" + machine);
  EXPECT_EQ(prices.currency, "seashells");
  EXPECT_EQ(prices.date, "last spring");
}

TEST(PriceFile, NamesFileLineAndWhatWasMeant) {
  EXPECT_EQ(error_of(head + "[[machine]]\nname = \"small\"\ncores = 4\nprice_per_huor = 0.25\n"),
            "prices.toml:7: found unknown key 'price_per_huor', expected 'price_per_hour'");
  EXPECT_EQ(error_of("curency = \"EUR\"\n" + head + machine),
            "prices.toml:1: found unknown key 'curency', expected 'currency'");
  EXPECT_EQ(error_of(head + "[[machine]]\nname = \"small\"\ncores = 4\nprice_per_hour = -1\n"),
            "prices.toml:7: found price_per_hour = -1, expected a number above 0");
  EXPECT_EQ(error_of(head + "[[machine]]\nname = \"small\"\ncores = 4\nprice_per_hour = \"1\"\n"),
            "prices.toml:7: found price_per_hour = \"1\", expected a number above 0");
  EXPECT_EQ(error_of(head + "[[machine]]\nname = \"small\"\ncores = 4\n"),
            "prices.toml:4: found no 'price_per_hour' in [[machine]], expected 'price_per_hour': a number "
            "above 0");
  EXPECT_EQ(error_of(head + "[[machine]]\nname = \"small\"\ncores = 0\nprice_per_hour = 1\n"),
            "prices.toml:6: found cores = 0, expected a whole number from 1 to 1000000");
  EXPECT_EQ(error_of(head + machine + machine),
            "prices.toml:8: found a second machine 'small', expected a name of its own");
  EXPECT_EQ(error_of(head), "prices.toml:1: found no machines in the file, expected [[machine]] tables");
  EXPECT_EQ(error_of("date = 2026-01-31\n" + machine).substr(0, 45),
            "prices.toml:1: found no 'currency' in the fil");
  EXPECT_EQ(error_of(head + "[[machine]\n").substr(0, 14), "prices.toml:4:");
}

TEST(PriceFile, WantsAPriceToHaveASource) {
  EXPECT_EQ(error_of("currency = \"EUR\"\ndate = 2026-01-31\n" + machine),
            "prices.toml:3: found no 'source' in [[machine]], expected 'source': text");
}

TEST(PriceFile, WantsToKnowHowManyThreadsACoreHas) {
  const std::string start = head + "[[machine]]\nname = \"small\"\nprice_per_hour = 1\nvcpus = 8\n";
  EXPECT_NE(error_of(start).find("no 'threads_per_core'"), std::string::npos);
  EXPECT_NE(error_of(start + "threads_per_core = 3\n").find("8 vcpus with 3 threads_per_core"),
            std::string::npos);
  EXPECT_NE(error_of(start + "threads_per_core = 2\ncores = 4\n").find("both 'cores' and 'vcpus'"),
            std::string::npos);
}

TEST(PriceFile, SaysWhyAFileCannotBeRead) {
  EXPECT_EQ(read_price_file("/nowhere/prices.toml").error().to_string(),
            "/nowhere/prices.toml: found No such file or directory, expected a price file that can be read");
  EXPECT_EQ(read_price_file("/").error().to_string(), "/: found a folder, expected a price file (TOML)");
}

TEST(PriceFile, OfTheSuiteAreRight) {
  std::size_t read_files = 0;
  for (const auto& entry : std::filesystem::directory_iterator(UPOUT_SOURCE_DIR "/benchmarks/prices")) {
    const auto prices = read_price_file(entry.path().string());
    ASSERT_TRUE(prices) << prices.error().to_string();
    for (const Machine& each : prices->machines) EXPECT_TRUE(each.source.starts_with("http")) << each.name;
    ++read_files;
  }
  EXPECT_GT(read_files, 0U);
}

}  // namespace
}  // namespace upout::harness
